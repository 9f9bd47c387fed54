import { BlockList, isIP } from "node:net";

const PREFIX = /^([0-9a-fA-F.:]{2,45})\/(\d{1,3})$/;
const RANGE = /^([0-9a-fA-F.:]{2,45})-([0-9a-fA-F.:]{2,45})$/;
// What could be an address; whether it is one is found out after that.
const CANDIDATE = /(?<![0-9a-fA-F.:])[0-9a-fA-F:]*[.:][0-9a-fA-F.:]+/g;
/** No address is longer. */
const LONGEST = 45;

/** `ip("…")`: whether a text has an address that an address, a network or a range names. */
export type AddressTest = (text: string) => boolean;

/** @param pattern `10.0.0.1`, `10.0.0.0/8` or `10.0.0.1-10.0.0.9`. @returns undefined for another. */
export function addressTest(pattern: string): AddressTest | undefined {
  const list = listOf(pattern);
  if (list === undefined) return undefined;
  const holds = (address: string) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
  };
  return (text) => {
    if (text.length <= LONGEST && holds(text)) return true;
    for (const [candidate] of text.matchAll(CANDIDATE)) {
      // A sentence or a port may follow: `10.0.0.1.`, `10.0.0.1:80`.
      const address = candidate.replace(/[.:]+$/, "");
      if (address.length > LONGEST) continue;
      if (holds(address)) return true;
      const [before = "", after] = address.split(":", 2);
      if (after !== undefined && holds(before)) return true;
    }
    return false;
  };
}

function listOf(pattern: string): BlockList | undefined {
  const list = new BlockList();
  try {
    const [, network = "", bits] = PREFIX.exec(pattern) ?? [];
    const [, first = "", last = ""] = RANGE.exec(pattern) ?? [];
    if (bits !== undefined) list.addSubnet(network, Number(bits), familyOf(network));
    else if (first !== "") list.addRange(first, last, familyOf(first));
    else list.addAddress(pattern, familyOf(pattern));
    return list;
  } catch {
    return undefined;
  }
}

function familyOf(address: string): "ipv4" | "ipv6" {
  const family = isIP(address);
  if (family === 0) throw new RangeError("no address");
  return family === 4 ? "ipv4" : "ipv6";
}
