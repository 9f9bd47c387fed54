import { cidr, contains, formatCidr, type Range } from "../record/cidr.ts";
import type { Path } from "../record/yaml/careful.ts";
import type { TenantContext } from "./context.ts";
import type { IpBlock } from "./plan.ts";

/**
 * Ranges that lead to nodes and clouds everywhere: loopback, link-local with the metadata services, AWS' one over IPv6,
 * and the prefix under which NAT64 has every IPv4 address again.
 */
export const ALWAYS_PROTECTED = [
  "127.0.0.0/8",
  "169.254.0.0/16",
  "::1/128",
  "fe80::/10",
  "fd00:ec2::254/128",
  "64:ff9b::/96",
];

/** `::ffff:0:0/96`: every IPv4 address again. Kubernetes takes it for no exception, so it cannot be cut out. */
const MAPPED: Range = { family: 6, first: 0xffff_0000_0000n, last: 0xffff_ffff_ffffn, prefix: 96 };

/**
 * An ipBlock for a range that a record names. Pods, Services, nodes and metadata are never reachable
 * by address: a range inside theirs is refused, and a wider one (the whole internet, say) gets theirs
 * cut out of it, so that `0.0.0.0/0` means what its writer means by it. Undefined when refused.
 */
export function ipBlock(
  context: TenantContext,
  text: string,
  path: Path,
  except: readonly string[] = [],
  exceptPath: Path = path,
): IpBlock | undefined {
  const range = cidr(text);
  const { protectedRanges, redisRanges, archiveRanges } = context.cluster;
  const inside = protectedRanges.find((wider) => contains(wider, range));
  if (inside !== undefined) {
    const what = redisRanges.includes(inside)
      ? "where managed Redis are"
      : archiveRanges.includes(inside)
        ? "where tenants' archives are"
        : "addresses of the cluster itself";
    const values = { cidr: text, protected: formatCidr(inside), what };
    context.report("cidr-protected", values, path, "value");
    return undefined;
  }
  if (contains(range, MAPPED)) {
    context.report("cidr-mapped", { cidr: text }, path, "value", "the IPv6 internet is 2000::/3");
    return undefined;
  }
  const left = except.map((hole) => cidr(hole));
  left.forEach((hole, i) => {
    if (contains(range, hole) && hole.prefix > range.prefix) return;
    context.report(
      "cidr-except",
      { except: except[i] ?? "", cidr: text },
      [...exceptPath, i],
      "value",
    );
  });
  const holes = [...protectedRanges.filter((hole) => contains(range, hole)), ...left];
  return { cidr: text, except: merge(holes) };
}

/** Each range once, without those inside another, in address order. */
function merge(ranges: readonly Range[]): string[] {
  const sorted = ranges.toSorted(
    (a, b) =>
      a.family - b.family ||
      Number(a.first > b.first) - Number(a.first < b.first) ||
      a.prefix - b.prefix,
  );
  const kept: Range[] = [];
  for (const range of sorted) if (!kept.some((wider) => contains(wider, range))) kept.push(range);
  return kept.map(formatCidr);
}
