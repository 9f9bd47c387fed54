import { columns } from "../../apps/cli/src/output/columns.ts";
import { plain } from "../text.ts";
import type { Check } from "./check.ts";

/** What `npm run prerequisites -- --json` prints. Fields are only ever added. */
export type Report = {
  format: "neurallog-prerequisites/1";
  at: string;
  cluster: string;
  context: string;
  server: string;
  verdict: Check["verdict"];
  checks: Check[];
};

export const verdictOf = (checks: readonly Check[]): Check["verdict"] =>
  checks.some(({ verdict }) => verdict === "wrong")
    ? "wrong"
    : checks.some(({ verdict }) => verdict === "unknown")
      ? "unknown"
      : "ok";

const MARKS: Record<Check["verdict"], string> = { ok: "ok", wrong: "!!", unknown: "??" };

export function inWords(
  report: Report,
  paint: (verdict: Check["verdict"], text: string) => string,
): string {
  const rows = report.checks.map(({ verdict, subject, wanted, found }) => [
    paint(verdict, MARKS[verdict]),
    plain(subject, 100),
    plain(wanted, 60),
    plain(found, 200),
  ]);
  const head = [{ name: "" }, { name: "WHAT" }, { name: "WANTED" }, { name: "FOUND" }];
  const todo = report.checks
    .filter((each) => each.todo !== "")
    .map(
      (each) =>
        `${paint(each.verdict, MARKS[each.verdict])} ${plain(each.subject, 100)}\n     -> ${plain(each.todo)}\n`,
    );
  const count = (of: Check["verdict"]) =>
    report.checks.filter(({ verdict }) => verdict === of).length;
  const { cluster, context, server, checks } = report;
  return [
    `cluster ${cluster}, context ${plain(context)}, ${plain(server)}\n`,
    columns(head, rows),
    ...todo,
    `${checks.length} checks: ${count("ok")} ok, ${count("wrong")} wrong, ${count("unknown")} not known\n`,
  ].join("\n");
}
