import type { Status, TenantStatus, WatchLine } from "./shape.ts";

/** What `--watch --json` prints after a change: the whole at first, then what differs. */
export function watchLines(before: Status | undefined, after: Status): WatchLine[] {
  if (before === undefined) return [{ type: "status", status: after }];
  const { at } = after;
  const known = new Map(before.tenants.map((tenant) => [tenant.id, tenant]));
  const lines: WatchLine[] = after.tenants
    .filter((tenant) => !same(known.get(tenant.id), tenant))
    .map((tenant) => ({ type: "tenant", at, tenant }));
  const left = new Set(after.tenants.map(({ id }) => id));
  for (const id of known.keys()) if (!left.has(id)) lines.push({ type: "gone", at, id });
  if (!same(before.problems, after.problems)) {
    lines.push({ type: "platform", at, problems: after.problems });
  }
  if (!same(before.gaps, after.gaps)) lines.push({ type: "connection", at, gaps: after.gaps });
  return lines;
}

type Comparable = TenantStatus | Status["problems"] | Status["gaps"] | undefined;

const same = (a: Comparable, b: Comparable): boolean => JSON.stringify(a) === JSON.stringify(b);
