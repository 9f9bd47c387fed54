import type { Network } from "../../manifests/network.ts";
import {
  describeAddress,
  type AddressSet,
  subtractAddresses,
} from "../../verify/reachability/addresses.ts";
import { without } from "../../verify/reachability/openings.ts";
import type { Direction } from "../../verify/reachability/policies.ts";
import { describePorts, type PortSet, subtractPorts } from "../../verify/reachability/ports.ts";
import type { FlowText } from "../model/model.ts";
import { type Area, type Flows, flowsOf, normal, type Party } from "./flows.ts";

/** Who may newly talk to whom, and who no longer may. Throws RangeError for a policy that cannot be read. */
export function compareFlows(
  before: Network,
  after: Network,
): { gained: FlowText[]; lost: FlowText[] } {
  const sides = [before, after];
  const [old, now] = [flowsOf(before, sides), flowsOf(after, sides)];
  return { gained: moreIn(now, old), lost: moreIn(old, now) };
}

interface Found {
  readonly from: string | Party;
  readonly to: string | Party;
  readonly ports: string;
}

/** What `a` lets through and `b` does not. */
function moreIn(a: Flows, b: Flows): FlowText[] {
  const found: Found[] = [];
  const note = (from: Found["from"], to: Found["to"], set: PortSet): void => {
    if (set.length > 0) found.push({ from, to, ports: describePorts(normal(set)) });
  };
  for (const [key, { from, to, ports }] of a.inside) {
    note(from, to, subtractPorts(ports, b.inside.get(key)?.ports ?? []));
  }
  for (const [key, { party, direction, other, ports }] of a.outside) {
    const [from, to] = ends(party, other, direction);
    note(from, to, subtractPorts(ports, b.outside.get(key)?.ports ?? []));
  }
  for (const [key, { party, direction, areas }] of a.addresses) {
    for (const area of areas) {
      for (const [set, ports] of without(
        area.addresses,
        area.ports,
        b.addresses.get(key)?.areas ?? [],
      )) {
        const [from, to] = ends(party, addressText(area, set), direction);
        note(from, to, ports);
      }
    }
  }
  return withoutSpecial(found);
}

const ends = (party: Party, other: string, direction: Direction): [Found["from"], Found["to"]] =>
  direction === "egress" ? [party, other] : [other, party];

/** What is true of every pod of a namespace need not be said of some of them once more. */
function withoutSpecial(found: readonly Found[]): FlowText[] {
  const words = (end: string | Party): string => (typeof end === "string" ? end : end.words);
  const all = (end: string | Party): string =>
    typeof end === "string" ? end : `every pod in ${end.namespace}`;
  const text = (from: string, to: string, ports: string): string => [from, to, ports].join("\0");
  const known = new Set(found.map(({ from, to, ports }) => text(words(from), words(to), ports)));
  const flows = new Map<string, FlowText>();
  for (const { from, to, ports } of found) {
    const own = text(words(from), words(to), ports);
    const wider = [
      text(all(from), words(to), ports),
      text(words(from), all(to), ports),
      text(all(from), all(to), ports),
    ];
    if (wider.some((each) => each !== own && known.has(each))) continue;
    flows.set(own, { from: words(from), to: words(to), ports });
  }
  return [...flows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, flow]) => flow);
}

const FEW = 4;

/** The block as the policy spells it, or the ranges that are left of it. */
function addressText(area: Area, set: AddressSet): string {
  if (subtractAddresses(area.addresses, set).length === 0) return area.text;
  const ranges = set.slice(0, FEW).map(({ family, first, last }) => {
    const from = describeAddress(first, family);
    return first === last ? from : `${from} to ${describeAddress(last, family)}`;
  });
  const more = set.length - ranges.length;
  return ranges.join(", ") + (more > 0 ? ` and ${more} more ranges` : "");
}
