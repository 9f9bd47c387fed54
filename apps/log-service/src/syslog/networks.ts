import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Networks that may send: syslog knows no keys, so an address is all there is to go by. */
export class Networks {
  readonly #list = new BlockList();

  /** @param cidrs As `10.0.0.0/8` or `::1/128`. @throws Error that names the first that is none. */
  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const [address = "", prefix = ""] = cidr.split("/");
      const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
      const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
      if (family === undefined || !(bits <= (family === "ipv4" ? 32 : 128))) {
        throw new Error(`${cidr} is no network: write it as 10.0.0.0/8`);
      }
      this.#list.addSubnet(address, bits, family);
    }
  }

  has(address: string | undefined): boolean {
    if (address === undefined) return false;
    // A socket of both families shows IPv4 addresses inside IPv6's.
    const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
    return this.#list.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
  }
}
