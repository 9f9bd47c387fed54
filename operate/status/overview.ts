import { columns } from "../../apps/cli/src/output/columns.ts";
import { plain } from "../text.ts";
import {
  ago,
  memoryCell,
  podsCell,
  quotaCell,
  restartsOf,
  revisionCell,
  shortRevision,
  stateCell,
  volumesCell,
} from "./cells.ts";
import { MARKS, type Paint } from "./paint.ts";
import type { Problem, Status, TenantStatus } from "./shape.ts";

/** Problems that follow the table in full; of more tenants the table's last column says the first. */
const MOST_EXPLAINED = 20;

/** Tenants that one explanation names. */
const MOST_NAMED = 5;

const HEAD = [
  { name: "" },
  { name: "TENANT" },
  { name: "STATE" },
  { name: "SYNC" },
  { name: "HEALTH" },
  { name: "REVISION" },
  { name: "PODS", right: true },
  { name: "RESTARTS", right: true },
  { name: "QUOTA" },
  { name: "VOLUMES" },
  { name: "REDIS" },
  { name: "WHAT IS WRONG" },
];

/** All tenants, a line each, and below what the problems mean. */
export function overview(status: Status, paint: Paint): string {
  const table = columns(
    HEAD,
    status.tenants.map((tenant) => row(tenant, paint)),
  );
  const groups = alike(status.tenants);
  const explained = groups
    .slice(0, MOST_EXPLAINED)
    .map(({ problem, ids }) => problemLines(problem, status.at, paint, `${named(ids)}: `));
  const left = groups.length - MOST_EXPLAINED;
  const more = left > 0 ? [`and ${left} more: npm run status -- <tenant> explains one\n`] : [];
  const own = status.problems.map((problem) => problemLines(problem, status.at, paint));
  return [
    heading(status, paint),
    table,
    ...own,
    ...explained,
    ...more,
    gaps(status),
    summary(status),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** Tenants by what is wrong with them: a base that breaks all of them is one thing to say, not a thousand. */
function alike(tenants: readonly TenantStatus[]): { problem: Problem; ids: string[] }[] {
  const groups = new Map<string, { problem: Problem; ids: string[] }>();
  for (const { id, problems } of tenants) {
    const [problem] = problems;
    if (problem?.severity !== "wrong") continue;
    const key = JSON.stringify([problem.code, problem.means]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { problem, ids: [id] });
    else group.ids.push(id);
  }
  return [...groups.values()];
}

const named = (ids: readonly string[]): string => {
  const shown = ids.slice(0, MOST_NAMED).map((id) => plain(id, 80));
  const left = ids.length - shown.length;
  return `${shown.join(", ")}${left > 0 ? ` and ${left} tenants more` : ""}`;
};

function row(tenant: TenantStatus, paint: Paint): string[] {
  const { application, verdict, problems, confirmations } = tenant;
  const first = problems.find(({ severity }) => severity === "wrong") ?? problems[0];
  const waiting = confirmations.length === 0 ? "" : `${confirmations.length} to confirm; `;
  return [
    paint.verdict(verdict, MARKS[verdict]),
    plain(tenant.id),
    stateCell(tenant),
    application === null ? "-" : plain(application.sync, 20),
    application === null ? "-" : plain(application.health, 20),
    revisionCell(tenant),
    podsCell(tenant),
    String(restartsOf(tenant)),
    quotaCell(tenant),
    volumesCell(tenant),
    memoryCell(tenant.redisMemory),
    `${waiting}${first === undefined ? "" : `${first.code}: ${plain(first.subject, 80)}`}`,
  ];
}

export function heading(status: Status, paint: Paint): string {
  const { cluster, context, server, followed, at } = status;
  const name = cluster === null ? "an unknown cluster" : `cluster ${plain(cluster)}`;
  const ref = followed.ref === null ? "no known ref" : plain(followed.ref);
  const tip = followed.revision === null ? "" : ` at ${shortRevision(followed.revision)}`;
  const first = `${name}, context ${plain(context)}, ${plain(server)}, ${at.slice(0, 19)}Z`;
  return `${paint.strong(first)}\nGit: ${ref}${tip}, from ${plain(followed.source)}\n`;
}

/** What is wrong, what it means, and what to do. */
export function problemLines(problem: Problem, now: string, paint: Paint, before = ""): string {
  const { severity, code, subject, message, means, todo, since } = problem;
  const mark = severity === "wrong" ? paint.verdict("wrong", "!!") : paint.verdict("unknown", " -");
  const age = since === null ? "" : ` (${ago(since, now)})`;
  const lines = [`${mark} ${before}${plain(subject)}: ${plain(means)} [${plain(code)}]${age}`];
  if (message !== "") lines.push(paint.faint(`     ${plain(message, 600)}`));
  if (todo !== "") lines.push(`     -> ${plain(todo)}`);
  return `${lines.join("\n")}\n`;
}

export function gaps({ gaps: list }: Pick<Status, "gaps">): string {
  if (list.length === 0) return "";
  const lines = list.map(
    ({ code, message, hides }) => `?? not known: ${hides}\n     ${plain(message, 400)} [${code}]\n`,
  );
  return lines.join("");
}

export function summary({ tenants, verdict }: Status): string {
  const count = (of: Status["verdict"]) => tenants.filter((each) => each.verdict === of).length;
  const parts = (["well", "changing", "wrong", "unknown"] as const)
    .map((each) => [count(each), each] as const)
    .filter(([number]) => number > 0)
    .map(([number, each]) => `${number} ${each}`);
  return `${tenants.length} tenants: ${parts.join(", ") || "none"}; all in all ${verdict}\n`;
}
