import { plain } from "../text.ts";
import { podsCell, restartsOf, shortRevision, stateCell } from "./cells.ts";
import type { Problem, Status, TenantStatus } from "./shape.ts";

/** Differences between two looks at a cluster, in lines for people. */
export function changeLines(before: Status | undefined, after: Status): string[] {
  const time = after.at.slice(11, 19);
  const known = new Map(before?.tenants.map((tenant) => [tenant.id, tenant]));
  const lines = after.tenants.flatMap((tenant) => {
    const old = known.get(tenant.id);
    const words = old === undefined ? [describe(tenant)] : differences(old, tenant);
    return words.length === 0 ? [] : [`${time} ${plain(tenant.id)}: ${words.join(", ")}`];
  });
  const left = new Set(after.tenants.map(({ id }) => id));
  const gone = [...known.keys()]
    .filter((id) => !left.has(id))
    .map((id) => `${time} ${plain(id)}: gone`);
  const platform = fresh(before?.problems ?? [], after.problems).map(
    (problem) => `${time} ${words(problem)}`,
  );
  return [...lines, ...gone, ...platform, ...gapLines(before, after, time)];
}

const describe = (tenant: TenantStatus): string =>
  [
    tenant.verdict,
    stateCell(tenant),
    tenant.application === null ? "no Application" : plain(tenant.application.sync),
    tenant.application === null ? "" : plain(tenant.application.health),
    shortRevision(tenant.application?.revision ?? null),
    `pods ${podsCell(tenant)}`,
    ...tenant.problems.filter(({ severity }) => severity === "wrong").map(words),
  ]
    .filter((word) => word !== "")
    .join(", ");

const words = ({ code, subject, message, means }: Problem): string =>
  `${code}: ${plain(subject)}: ${plain(message === "" ? means : message, 200)}`;

function differences(old: TenantStatus, now: TenantStatus): string[] {
  const compare: [string, string, string][] = [
    ["", old.verdict, now.verdict],
    ["state", stateCell(old), stateCell(now)],
    ["sync", old.application?.sync ?? "none", now.application?.sync ?? "none"],
    ["health", old.application?.health ?? "none", now.application?.health ?? "none"],
    [
      "revision",
      shortRevision(old.application?.revision ?? null),
      shortRevision(now.application?.revision ?? null),
    ],
    ["pods", podsCell(old), podsCell(now)],
    ["restarts", String(restartsOf(old)), String(restartsOf(now))],
    ["to confirm", String(old.confirmations.length), String(now.confirmations.length)],
  ];
  return [
    ...compare
      .filter(([, from, to]) => from !== to)
      .map(([name, from, to]) => `${name} ${plain(from)} -> ${plain(to)}`.trim()),
    ...fresh(old.problems, now.problems).map(words),
    ...fresh(now.problems, old.problems).map(
      ({ code, subject }) => `no more ${code}: ${plain(subject)}`,
    ),
  ];
}

/** Those of the later list that the earlier one does not have. */
function fresh(before: readonly Problem[], after: readonly Problem[]): Problem[] {
  const key = ({ code, subject }: Problem) => JSON.stringify([code, subject]);
  const known = new Set(before.map(key));
  return after.filter((problem) => !known.has(key(problem)));
}

function gapLines(before: Status | undefined, after: Status, time: string): string[] {
  const key = ({ code, hides }: Status["gaps"][number]) => `${code} ${hides}`;
  const old = new Set(before?.gaps.map(key));
  const now = new Set(after.gaps.map(key));
  return [
    ...after.gaps
      .filter((gap) => !old.has(key(gap)))
      .map(({ hides, message }) => `${time} not known any more: ${hides}: ${plain(message, 300)}`),
    ...(before?.gaps ?? [])
      .filter((gap) => !now.has(key(gap)))
      .map(({ hides }) => `${time} known again: ${hides}`),
  ];
}
