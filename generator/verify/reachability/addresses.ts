import { MAX_KNOWN_RANGES } from "../../limits.ts";
import { contains, parseCidr, type Range } from "../../record/cidr.ts";

/**
 * Sets of addresses, as disjoint ranges of IPv4 and IPv6. An IPv4 packet is judged by IPv4 blocks
 * alone: `::/0` does not cover it, and blocks that spell IPv4 as IPv6 are refused when they are read.
 */

export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

export type AddressSet = readonly AddressRange[];

/**
 * The addresses of an ipBlock. Throws RangeError for text that is no CIDR, and for an except that
 * is not inside the block, as the API server does.
 */
export function blockOf(cidr: string, except: readonly string[]): AddressSet {
  const outer = rangeOf(cidr);
  const holes = except.map((text) => {
    const hole = rangeOf(text);
    if (!contains(outer, hole)) throw new RangeError(`except ${text} is not inside ${cidr}`);
    return hole;
  });
  return subtractAddresses([outer], holes);
}

/** The addresses of some CIDRs. Throws RangeError for text that is none. */
export function addressesOf(cidrs: readonly string[]): AddressSet {
  return cidrs.map(rangeOf);
}

// A cluster's own ranges come up with every ipBlock of every tenant: reading them took half of the proof's time.
const known = new Map<string, Range>();

function rangeOf(text: string): Range {
  const before = known.get(text);
  if (before !== undefined) return before;
  const parsed = parseCidr(text);
  if ("problem" in parsed) throw new RangeError(`${text} ${parsed.problem}`);
  if (known.size >= MAX_KNOWN_RANGES) known.clear();
  known.set(text, parsed);
  return parsed;
}

/** The parts of `a` that `b` lacks. */
export function subtractAddresses(a: AddressSet, b: AddressSet): AddressSet {
  let left: readonly AddressRange[] = a;
  for (const cut of b) {
    left = left.flatMap((range) => {
      if (range.family !== cut.family || range.last < cut.first || cut.last < range.first) {
        return range;
      }
      const parts: AddressRange[] = [];
      if (range.first < cut.first) parts.push({ ...range, last: cut.first - 1n });
      if (cut.last < range.last) parts.push({ ...range, first: cut.last + 1n });
      return parts;
    });
  }
  return left;
}

/** What both have. */
export function intersectAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return subtractAddresses(a, subtractAddresses(a, b));
}

/** One address, for a message: `10.42.0.0`. */
export function describeAddress(value: bigint, family: 4 | 6): string {
  const groups: string[] = [];
  const bits = family === 4 ? 8n : 16n;
  for (let i = family === 4 ? 3n : 7n; i >= 0n; i--) {
    const group = (value >> (i * bits)) & ((1n << bits) - 1n);
    groups.push(group.toString(family === 4 ? 10 : 16));
  }
  return groups.join(family === 4 ? "." : ":");
}

/** `10.42.0.0 to 10.42.255.255`, the first range only: a message needs one witness. */
export function describeAddresses(set: AddressSet): string {
  const [range] = set;
  if (range === undefined) return "no address";
  const first = describeAddress(range.first, range.family);
  if (range.first === range.last) return first;
  return `${first} to ${describeAddress(range.last, range.family)}`;
}
