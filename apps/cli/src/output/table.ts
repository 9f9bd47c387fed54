import type { Aggregate } from "@neurallog/client";
import { columns } from "./columns.ts";
import { harmlessJson, harmlessLine } from "./terminal.ts";

/** What pipes made of records: columns of numbers stand to the right. */
export function tableText({ columns: names, rows }: Pick<Aggregate, "columns" | "rows">): string {
  const head = names.map((name) => ({
    name: harmlessLine(name).toUpperCase(),
    right:
      rows.length > 0 && rows.every((row) => ["number", "undefined"].includes(typeof row[name])),
  }));
  return columns(
    head,
    rows.map((row) => names.map((name) => cell(row[name]))),
  );
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "-";
  return typeof value === "string" ? harmlessLine(value) : harmlessJson(value);
}
