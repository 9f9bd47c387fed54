import fc from "fast-check";
import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import { cidr, contains, formatCidr, overlaps, parseCidr } from "../../../generator/record/cidr.ts";

const ipv4 = fc
  .tuple(fc.ipV4(), fc.nat(32))
  .map(([address, prefix]) => ({ address, prefix, family: "ipv4" as const }));
const ipv6 = fc
  .tuple(fc.ipV6(), fc.nat(128))
  .map(([address, prefix]) => ({ address, prefix, family: "ipv6" as const }));

describe("address ranges", () => {
  test.each([
    ["203.0.113.0/24", "203.0.113.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["2001:db8:0:0:1:0:0:0/80", "2001:db8:0:0:1::/80"],
    ["::/0", "::/0"],
    ["::1/128", "::1/128"],
    ["fe80::/10", "fe80::/10"],
    ["1:0:0:2:0:0:0:3/128", "1:0:0:2::3/128"],
    ["1:2:3:4:5:6:7:0/128", "1:2:3:4:5:6:7:0/128"],
  ])("%s is written %s", (text, canonical) => {
    expect(formatCidr(cidr(text))).toBe(canonical);
  });

  test.each([
    "",
    "/",
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "10.0.0.256/32",
    "010.0.0.0/8",
    "0x0a.0.0.0/8",
    "10.0.0.1/8",
    " 10.0.0.0/8",
    "10.0.0.0/8\n",
    "١٠.0.0.0/8",
    "::/129",
    ":::/0",
    "1::2::3/128",
    "1:2:3:4:5:6:7:8:9/128",
    "1:2:3:4:5:6:7/112",
    "1:2:3:4:5:6:7:8::/128",
    "fe80::1%eth0/128",
    "::ffff:10.0.0.0/104",
    "::ffff:a00:0/104",
    "2001:db8::1/32",
    "g::/16",
    "12345::/16",
  ])("%j is refused", (text) => {
    expect(parseCidr(text)).toHaveProperty("problem");
  });

  test("a range with bits behind its prefix is refused with the range that is probably meant", () => {
    expect(parseCidr("10.1.2.3/8")).toMatchObject({ suggestion: "10.0.0.0/8" });
    expect(parseCidr("10.1.2.3")).toMatchObject({ suggestion: "10.1.2.3/32" });
    expect(parseCidr("::ffff:a00:0/104")).toMatchObject({ suggestion: "10.0.0.0/8" });
  });

  test("every range comes back from its text", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), ({ address, prefix }) => {
        const parsed = parseCidr(`${address}/${prefix}`);
        const text = "problem" in parsed ? parsed.suggestion : formatCidr(parsed);
        fc.pre(text !== undefined);
        expect(formatCidr(cidr(text ?? ""))).toBe(text);
      }),
    );
  });

  test("containing and overlapping agree with Node's own block list", () => {
    const pair = fc.oneof(fc.tuple(ipv4, ipv4), fc.tuple(ipv6, ipv6));
    // Random ranges hardly ever meet, so the second often starts from the first one's address.
    fc.assert(
      fc.property(pair, fc.boolean(), ([a, b], near) => {
        const normal = (address: string, prefix: number) => {
          const parsed = parseCidr(`${address}/${prefix}`);
          return "problem" in parsed ? parseCidr(parsed.suggestion ?? "") : parsed;
        };
        const outer = normal(a.address, a.prefix);
        const inner = normal(near ? a.address : b.address, b.prefix);
        fc.pre(!("problem" in outer) && !("problem" in inner));
        if ("problem" in outer || "problem" in inner) return;
        const [innerAddress = ""] = formatCidr(inner).split("/");
        const [outerAddress = ""] = formatCidr(outer).split("/");
        const list = new BlockList();
        list.addSubnet(outerAddress, a.prefix, a.family);
        const has = list.check(innerAddress, a.family) && b.prefix >= a.prefix;
        fc.pre(outer.family === inner.family);
        expect(contains(outer, inner)).toBe(has);
        expect(overlaps(outer, inner)).toBe(has || contains(inner, outer));
        expect(overlaps(inner, outer)).toBe(overlaps(outer, inner));
      }),
    );
  });

  test("IPv4 and IPv6 never overlap", () => {
    expect(overlaps(cidr("0.0.0.0/0"), cidr("::/0"))).toBe(false);
  });
});
