import type { z } from "zod";
import type { ErrorCode, ErrorValues } from "../errors.ts";
import { fieldNames, formatPath, meaning, valueAt } from "./fields.ts";
import { NOT_AVAILABLE_YET } from "./schema/tenant.ts";
import { didYouMean } from "./suggest.ts";
import type { Path } from "./yaml/careful.ts";

type Issue = z.core.$ZodIssue;
type Part = "key" | "value";

/** Takes a finding: what, where in the value, and what is probably meant. */
export type Report = <C extends ErrorCode>(
  code: C,
  values: ErrorValues<C>,
  path: Path,
  part: Part,
  suggestion?: string | null,
) => void;

/** Reports each issue that zod found in `value`, in the project's own words. */
export function reportIssues(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
  report: Report,
): void {
  const context = { schema, value, report };
  // Of several findings about one value the first is enough: a wrong pattern makes the others follow.
  const seen = new Set<string>();
  for (const issue of issues) {
    const path = pathOf(issue);
    const id = `${issue.code === "unrecognized_keys"}${formatPath(path)}`;
    if (seen.has(id)) continue;
    seen.add(id);
    reportIssue(context, issue, path);
  }
}

type Context = { schema: z.ZodType; value: unknown; report: Report };

function reportIssue({ schema, value, report }: Context, issue: Issue, path: Path): void {
  const field = formatPath(path) || "the record";
  const input = valueAt(value, path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const names = fieldNames(schema, path);
      for (const key of issue.keys) {
        const hint = didYouMean(key, names) ?? `known here: ${names.join(", ")}`;
        report("unknown-key", { key: show(key) }, [...path, key], "key", hint);
      }
      return;
    }
    case "invalid_type":
      if (input === undefined) {
        report("missing-field", { field, meaning: meaning(schema, path) }, path, "key");
      } else {
        wrongType(report, field, TYPES[issue.expected] ?? issue.expected, input, path);
      }
      return;
    case "invalid_value": {
      if (input === undefined) {
        report("missing-field", { field, meaning: meaning(schema, path) }, path, "key");
        return;
      }
      const coming = NOT_AVAILABLE_YET[field] ?? {};
      if (typeof input === "string" && Object.hasOwn(coming, input)) {
        report("not-available-yet", { field, value: input }, path, "value", coming[input]);
        return;
      }
      const allowed = issue.values.map(String);
      const hint = didYouMean(show(input), allowed);
      report(
        "unknown-value",
        { value: show(input), allowed: allowed.join(", ") },
        path,
        "value",
        hint,
      );
      return;
    }
    case "too_small":
    case "too_big":
      report("out-of-range", { field, reason: bound(issue) }, path, "value");
      return;
    case "invalid_key": {
      const key = String(path.at(-1));
      const reason = issue.issues[0]?.message ?? "is no key here";
      report("invalid-value", { value: show(key), reason }, path, "key");
      return;
    }
    case "invalid_union":
      reportUnion({ schema, value, report }, issue, path);
      return;
    default: {
      const given: unknown = issue.code === "custom" ? issue.params?.["suggestion"] : undefined;
      const hint =
        typeof given === "string" ? `did you mean '${given}'?` : idHint(input, issue.message);
      const value = typeof input === "object" ? field : show(input);
      report("invalid-value", { value, reason: issue.message }, path, "value", hint);
    }
  }
}

/** Of a union's alternatives the one whose type fits tells what is wrong; if none fits, all are named. */
function reportUnion(context: Context, issue: Issue & { code: "invalid_union" }, path: Path): void {
  const mismatch = (found: Issue): boolean =>
    found.code === "invalid_type" && found.path.length === 0;
  const fitting = issue.errors.find((list) => !list.some(mismatch));
  if (fitting === undefined) {
    const expected = issue.errors.flat().filter(mismatch);
    const names = expected.map((found) =>
      "expected" in found ? (TYPES[String(found.expected)] ?? "") : "",
    );
    const input = valueAt(context.value, path);
    const field = formatPath(path);
    if (input === undefined) {
      context.report(
        "missing-field",
        { field, meaning: meaning(context.schema, path) },
        path,
        "key",
      );
    } else {
      wrongType(context.report, field, [...new Set(names)].join(" or "), input, path);
    }
    return;
  }
  for (const found of fitting) reportIssue(context, found, [...path, ...pathOf(found)]);
}

function wrongType(
  report: Report,
  field: string,
  expected: string,
  input: unknown,
  path: Path,
): void {
  const scalar = typeof input === "number" || typeof input === "boolean";
  const hint = expected.includes("text") && scalar ? "put it in quotes" : null;
  report("wrong-type", { field, expected, actual: typeName(input) }, path, "value", hint);
}

const TYPES: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map of fields",
  record: "a map",
  array: "a list",
};

function typeName(input: unknown): string {
  if (input === null) return "nothing";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "object") return "a map";
  if (typeof input === "string") return input === "" ? "empty text" : "text";
  return typeof input === "number" ? "a number" : String(input);
}

function bound(issue: Issue & { code: "too_small" | "too_big" }): string {
  const [word, limit] =
    issue.code === "too_small" ? ["at least", issue.minimum] : ["at most", issue.maximum];
  const unit =
    issue.origin === "string" ? " characters" : issue.origin === "array" ? " entries" : "";
  return `must ${unit === "" ? "be" : "have"} ${word} ${limit}${unit}`;
}

/** An id with capitals, spaces or accents: what it would be without them. */
function idHint(input: unknown, reason: string): string | null {
  if (typeof input !== "string" || !reason.startsWith("must be lower-case")) return null;
  const foreign = input.normalize("NFKD").match(/[^\p{ASCII}\p{M}]/u)?.[0];
  if (foreign !== undefined) {
    const code = foreign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
    return `'${foreign}' (U+${code}) is no ASCII letter, whatever it looks like`;
  }
  const plain = input
    .slice(0, 100)
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9.-]+/g, "-")
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return plain === "" || plain === input ? null : `did you mean '${plain}'?`;
}

function show(input: unknown): string {
  const text = typeof input === "string" ? input : (JSON.stringify(input) ?? "");
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

export const pathOf = (issue: Issue): Path =>
  issue.path.map((part) => (typeof part === "number" ? part : String(part)));
