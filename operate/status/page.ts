import { columns } from "../../apps/cli/src/output/columns.ts";
import { plain } from "../text.ts";
import { ago, memoryCell, shortRevision, stateCell } from "./cells.ts";
import { gaps, heading, problemLines } from "./overview.ts";
import { MARKS, type Paint } from "./paint.ts";
import type { Status, TenantStatus } from "./shape.ts";

/** One tenant, with everything that is known about it. */
export function page(status: Status, tenant: TenantStatus, paint: Paint): string {
  const { at } = status;
  const name = tenant.displayName === null ? "" : ` (${plain(tenant.displayName)})`;
  const title = `${MARKS[tenant.verdict]} ${plain(tenant.id)}${name}: ${tenant.verdict}`;
  const problems = [...tenant.problems, ...status.problems].map((problem) =>
    problemLines(problem, at, paint),
  );
  const sections = [
    heading(status, paint),
    `${paint.verdict(tenant.verdict, title)}\n`,
    columns([{ name: "" }, { name: "" }], facts(tenant, at)).replace(/^\n/, ""),
    section("What is wrong, or worth a word", problems.join("")),
    section("Waiting for somebody's word", confirmations(tenant)),
    section("Not as Git says, or not well", drift(tenant)),
    section("Pods", pods(tenant, at)),
    section("Volumes", volumes(tenant)),
    section("Quota", quota(tenant)),
    gaps(status),
  ];
  return sections.filter((part) => part !== "").join("\n");
}

const section = (title: string, body: string): string => (body === "" ? "" : `${title}\n${body}`);

function facts(tenant: TenantStatus, now: string): string[][] {
  const { application, git, tier, channel } = tenant;
  const yes = (value: boolean | null) => (value === null ? "not known" : value ? "yes" : "no");
  const rows = [
    ["state", stateCell(tenant)],
    ["tier, channel", `${plain(tier ?? "-")}, ${plain(channel ?? "-")}`],
    ["in Git", `record ${yes(git.record)}, overlay ${yes(git.overlay)}`],
  ];
  if (application === null) rows.push(["Application", "none"]);
  else rows.push(...applicationFacts(application, now));
  const memory = tenant.redisMemory;
  rows.push([
    "Redis memory",
    "unreadable" in memory
      ? `not readable: ${plain(memory.unreadable)}`
      : `${memoryCell(memory)}, from ${memory.through}`,
  ]);
  return rows;
}

function applicationFacts(
  application: NonNullable<TenantStatus["application"]>,
  now: string,
): string[][] {
  const { sync, outOfSyncSince, health, healthSince, revision, behind, reconciled } = application;
  const since = (moment: string | null) => (moment === null ? "" : ` for ${ago(moment, now)}`);
  const distance =
    behind === null
      ? "this clone cannot tell how far behind"
      : behind === 0
        ? "the newest"
        : `${behind} commits behind`;
  const rows = [
    ["sync", `${plain(sync)}${since(outOfSyncSince)}`],
    ["health", `${plain(health)}${since(healthSince)}`],
    ["revision", `${shortRevision(revision)}, ${distance}`],
    ["compared", reconciled === null ? "never" : `${ago(reconciled, now)} ago`],
  ];
  const { operation } = application;
  if (operation !== null) {
    const end = operation.finished ?? operation.started;
    const tries = operation.retries === 0 ? "" : `, ${operation.retries} retries`;
    const when = end === null ? "" : ` ${ago(end, now)} ago`;
    rows.push([
      "last sync",
      `${plain(operation.phase)}${when}${tries}: ${plain(operation.message, 200)}`,
    ]);
  }
  return rows;
}

const confirmations = (tenant: TenantStatus): string =>
  tenant.confirmations
    .map(({ kind, object, message }) => `  ${kind}: ${plain(object)}: ${plain(message)}\n`)
    .join("");

function drift(tenant: TenantStatus): string {
  const rows = tenant.drift.map(({ object, outOfSync, toPrune, health }) => [
    `  ${plain(object)}`,
    toPrune ? "no longer in Git" : outOfSync ? "OutOfSync" : "",
    plain(health ?? ""),
  ]);
  if (rows.length === 0) return "";
  return columns([{ name: "  OBJECT" }, { name: "SYNC" }, { name: "HEALTH" }], rows);
}

function pods(tenant: TenantStatus, now: string): string {
  const wanted = tenant.workloads
    .map(({ object, ready, wanted: count }) => `  ${plain(object)}: ${ready} of ${count} ready\n`)
    .join("");
  const rows = tenant.pods.map(({ object, phase, ready, restarts, waiting, last }) => [
    `  ${plain(object)}`,
    `${plain(phase)}${ready ? ", ready" : ""}`,
    String(restarts),
    waiting.map(({ reason }) => plain(reason, 60)).join(", ") || "-",
    last
      .map(({ container, reason, exitCode, at }) => {
        const when = at === null ? "" : ` ${ago(at, now)} ago`;
        return `${plain(container, 60)} ${plain(reason, 60)} (${exitCode ?? "?"})${when}`;
      })
      .join(", ") || "-",
  ]);
  if (rows.length === 0) return wanted;
  const head = [
    { name: "  POD" },
    { name: "PHASE" },
    { name: "RESTARTS", right: true },
    { name: "WAITS FOR" },
    { name: "LAST END" },
  ];
  return `${wanted}${columns(head, rows)}`;
}

function volumes(tenant: TenantStatus): string {
  const rows = tenant.volumes.map((volume) => [
    `  ${plain(volume.claim)}`,
    plain(volume.phase, 20),
    plain(volume.size || `${volume.requested} asked`, 40),
    plain(volume.storageClass),
    plain(volume.reclaim ?? "not known", 20),
    plain(volume.volume),
  ]);
  if (rows.length === 0) return "";
  const head = ["  CLAIM", "PHASE", "SIZE", "CLASS", "RECLAIM", "VOLUME"];
  return columns(
    head.map((name) => ({ name })),
    rows,
  );
}

function quota(tenant: TenantStatus): string {
  const rows = tenant.namespaces.flatMap(({ name, quota: uses, state, phase }) =>
    uses.map(({ key, used, hard, percent }, index) => [
      index === 0 ? `  ${plain(name)}` : "",
      index === 0 ? plain(phase === "Active" ? (state ?? "") : phase) : "",
      plain(key),
      plain(used, 40),
      plain(hard, 40),
      percent === null ? "-" : `${percent} %`,
    ]),
  );
  if (rows.length === 0) return "";
  const head = [
    { name: "  NAMESPACE" },
    { name: "STATE" },
    { name: "WHAT" },
    { name: "USED", right: true },
    { name: "HARD", right: true },
    { name: "", right: true },
  ];
  return columns(head, rows);
}
