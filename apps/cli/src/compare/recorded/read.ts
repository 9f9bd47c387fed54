import { readFile, stat } from "node:fs/promises";

import type { LogRecord, NeuralLogClient } from "@neurallog/client";

import { CliError } from "../../errors.ts";
import { COMPARE_LIMITS } from "../limits.ts";

/** The tap's records that a trace or a query finds. */
export async function recordsOf(
  client: NeuralLogClient,
  asked: { readonly traceIds: readonly string[] } | { readonly query: string },
  signal: AbortSignal,
): Promise<LogRecord[]> {
  const questions =
    "query" in asked ? [{ q: asked.query }] : asked.traceIds.map((trace_id) => ({ trace_id }));
  const records: LogRecord[] = [];
  for (const question of questions) {
    for await (const record of client.export({ ...question, tag: "mcp" }, { signal })) {
      records.push(record);
      checkCount(records.length);
    }
  }
  return records;
}

/** The same from a file, as `neurallog export` writes it: one record a line. */
export async function recordsIn(path: string): Promise<unknown[]> {
  let text: string;
  try {
    if ((await stat(path)).size > COMPARE_LIMITS.recordedBytes)
      throw new CliError("CLI_NOT_COMPARED", `${path} is too large: export fewer records`);
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError("CLI_NOT_COMPARED", `cannot read ${path}`, { cause });
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  checkCount(lines.length);
  return lines.map((line, at): unknown => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new CliError("CLI_NOT_COMPARED", `${path} line ${at + 1} is no record`, { cause });
    }
  });
}

function checkCount(records: number): void {
  if (records > COMPARE_LIMITS.records)
    throw new CliError(
      "CLI_NOT_COMPARED",
      `more than ${COMPARE_LIMITS.records} records: narrow the query`,
    );
}
