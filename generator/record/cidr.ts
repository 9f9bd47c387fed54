/**
 * Address ranges, IPv4 and IPv6, as pairs of BigInt. Strict: Kubernetes reads `010.0.0.0/8` and
 * IPv4-mapped ranges differently in different components, so they are refused here.
 */

export type Range = { family: 4 | 6; first: bigint; last: bigint; prefix: number };

const IPV4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

function parseIPv4(text: string): bigint | undefined {
  if (!IPV4.test(text)) return undefined;
  let value = 0n;
  for (const part of text.split(".")) {
    if (Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIPv6(text: string): bigint | undefined {
  if (!/^[0-9a-f:]{2,39}$/i.test(text)) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], tail = []] = groups;
  const given = head.length + tail.length;
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const all = [...head, ...Array<string>(8 - given).fill("0"), ...tail];
  let value = 0n;
  for (const group of all) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

function formatAddress(value: bigint, family: 4 | 6): string {
  const width = family === 4 ? 8n : 16n;
  const count = family === 4 ? 4 : 8;
  const mask = (1n << width) - 1n;
  const groups = Array.from(
    { length: count },
    (_, i) => (value >> (BigInt(count - 1 - i) * width)) & mask,
  );
  if (family === 4) return groups.join(".");
  const text = groups.map((group) => group.toString(16)).join(":");
  // The longest run of zero groups, the first of equals, becomes `::` (RFC 5952).
  let best = "";
  for (const [run] of text.matchAll(/\b0(?::0)+\b/g)) if (run.length > best.length) best = run;
  if (best === "") return text;
  const at = text.search(new RegExp(`\\b${best}\\b`));
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + best.length).replace(/^:/, "")}`;
}

/** The range of `203.0.113.0/24` or `2001:db8::/32`, or why it is none. */
export function parseCidr(text: string): Range | { problem: string; suggestion?: string } {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const family = address.includes(":") ? 6 : 4;
  const bits = family === 4 ? 32 : 128;
  const value = family === 4 ? parseIPv4(address) : parseIPv6(address);
  if (value === undefined)
    return { problem: "is no address range (like 203.0.113.0/24 or 2001:db8::/32)" };
  if (slash === -1) return { problem: "has no prefix length", suggestion: `${address}/${bits}` };
  const length = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits) {
    return { problem: `has a prefix length outside 0 to ${bits}` };
  }
  const prefix = Number(length);
  if (family === 6 && value >> 32n === 0xffffn && prefix >= 96) {
    return {
      problem: "is an IPv4 range written as IPv6",
      suggestion: `${formatAddress(value & 0xffffffffn, 4)}/${prefix - 96}`,
    };
  }
  const size = 1n << BigInt(bits - prefix);
  const first = (value / size) * size;
  if (first !== value) {
    return {
      problem: "has bits set behind its prefix",
      suggestion: `${formatAddress(first, family)}/${prefix}`,
    };
  }
  return { family, first, last: first + size - 1n, prefix };
}

/** The range of a CIDR that the schema has let through. Throws on any other text. */
export function cidr(text: string): Range {
  const parsed = parseCidr(text);
  if ("problem" in parsed) throw new RangeError(`${text} ${parsed.problem}`);
  return parsed;
}

/** Whether the two ranges share an address. */
export function overlaps(a: Range, b: Range): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** Whether every address of `inner` is in `outer`; a range contains itself. */
export function contains(outer: Range, inner: Range): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

export function formatCidr(range: Range): string {
  return `${formatAddress(range.first, range.family)}/${range.prefix}`;
}
