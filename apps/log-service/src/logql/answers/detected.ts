import { LOKI_LIMITS } from "../../limits.ts";
import type { Entry } from "../entry.ts";
import { readLines } from "../lines.ts";
import { DETECTED_LEVEL, ERROR_LABELS } from "../names.ts";
import { extractJson, jsonPathOf } from "../stages/json.ts";
import { extractLogfmt } from "../stages/logfmt.ts";
import { parseLogQuery } from "../syntax/parse.ts";
import { readBytes, readDuration, readNumber } from "../syntax/units.ts";
import type { Call } from "./call.ts";

interface Field {
  readonly values: Set<string>;
  readonly parsers: Set<string>;
  /** Where a line of JSON has it: a label's name does not tell. */
  jsonPath: readonly string[] | undefined;
}

/** `detected_fields`: what the newest lines have beside their labels, and what reads it. */
export async function answerDetectedFields(call: Call): Promise<object> {
  const { fields, most } = await detect(call);
  return {
    fields: [...fields].map(([label, { values, parsers, jsonPath }]) => ({
      label,
      type: typeOf(values),
      cardinality: values.size,
      parsers: parsers.size === 0 ? null : [...parsers],
      ...(jsonPath !== undefined && { jsonPath }),
    })),
    limit: most,
  };
}

/** `detected_field/<name>/values`. */
export async function answerDetectedValues(call: Call): Promise<object> {
  const { fields, most } = await detect(call);
  return { values: [...(fields.get(call.argument)?.values ?? [])].sort(), limit: most };
}

async function detect(call: Call) {
  const { parameters, scope, streams, asking } = call;
  const expr = parseLogQuery(parameters.query());
  const range = parameters.range();
  const limit = parameters.limit("line_limit", LOKI_LIMITS.defaultLines, LOKI_LIMITS.lines);
  const most = parameters.limit("limit", LOKI_LIMITS.detectedFields, LOKI_LIMITS.lines);
  const request = { expr, range, direction: "backward", limit, scope, streams } as const;
  const { entries } = await readLines(request, asking);
  const fields = new Map<string, Field>();
  const add = (name: string, value: string, parser: string | undefined): Field | undefined => {
    let field = fields.get(name);
    if (field === undefined) {
      if (fields.size >= most) return undefined;
      field = { values: new Set(), parsers: new Set(), jsonPath: undefined };
      fields.set(name, field);
    }
    field.values.add(value);
    if (parser !== undefined) field.parsers.add(parser);
    return field;
  };
  for (const entry of entries) {
    const before = new Set(entry.names());
    for (const name of before) {
      const hidden = entry.stream.labels.has(name) && name !== DETECTED_LEVEL;
      if (!hidden) add(name, entry.get(name), undefined);
    }
    const parser = parse(entry);
    for (const [name, value] of entry.parsed) {
      const internal = ERROR_LABELS.some((error) => error === name);
      if (value === undefined || internal || before.has(name)) continue;
      const field = add(name, value, parser);
      if (field !== undefined && parser === "json") {
        field.jsonPath ??= jsonPathOf(entry.line, name);
      }
    }
  }
  return { fields, most };
}

function parse(entry: Entry): string | undefined {
  if (entry.line.trimStart().startsWith("{")) {
    extractJson(entry);
    return "json";
  }
  // One `=` in a sentence makes no logfmt.
  if ((entry.line.match(/[^\s="]=/g)?.length ?? 0) < 2) return undefined;
  extractLogfmt(entry, { fields: [], strict: false, keepEmpty: false });
  return "logfmt";
}

function typeOf(values: ReadonlySet<string>): string {
  const all = [...values];
  if (all.every((value) => value === "true" || value === "false")) return "boolean";
  if (all.every((value) => /^-?\d{1,18}$/.test(value))) return "int";
  if (all.every((value) => readNumber(value) !== undefined)) return "float";
  if (all.every((value) => readDuration(value) !== undefined)) return "duration";
  if (all.every((value) => readBytes(value) !== undefined)) return "bytes";
  return "string";
}
