/** Sets of ports: inclusive ranges for each protocol, sorted and disjoint. */

export const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface PortRange {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
}

export type PortSet = readonly PortRange[];

const LAST_PORT = 65_535;

export const EVERY_PORT: PortSet = PROTOCOLS.map(everyPortOf);

export function everyPortOf(protocol: Protocol): PortRange {
  return { protocol, first: 1, last: LAST_PORT };
}

export function onePort(protocol: Protocol, port: number): PortSet {
  return [{ protocol, first: port, last: port }];
}

/** The parts of `a` that `b` lacks. */
export function subtractPorts(a: PortSet, b: PortSet): PortSet {
  let left: readonly PortRange[] = a;
  for (const cut of b) {
    left = left.flatMap((range) => {
      if (range.protocol !== cut.protocol || range.last < cut.first || cut.last < range.first) {
        return range;
      }
      const parts: PortRange[] = [];
      if (range.first < cut.first) parts.push({ ...range, last: cut.first - 1 });
      if (cut.last < range.last) parts.push({ ...range, first: cut.last + 1 });
      return parts;
    });
  }
  return left;
}

/** What both have. */
export function intersectPorts(a: PortSet, b: PortSet): PortSet {
  return subtractPorts(a, subtractPorts(a, b));
}

/** `TCP 8080, UDP 53-60`, or `every port`. */
export function describePorts(set: PortSet): string {
  if (subtractPorts(EVERY_PORT, set).length === 0) return "every port";
  return set
    .map(({ protocol, first, last }) => {
      if (first === 1 && last === LAST_PORT) return `every ${protocol} port`;
      return first === last ? `${protocol} ${first}` : `${protocol} ${first}-${last}`;
    })
    .join(", ");
}
