import { MCP_LIMITS } from "../../limits.ts";
import { oneLine, shortText } from "../answer/shorten.ts";
import { wholeOf } from "../answer/tiers.ts";
import { fence } from "../answer/untrusted.ts";
import type { Call, LogApi } from "../log-api.ts";
import { warningLines, warningsOf } from "../tools/warnings.ts";

/** What a namespace's records look like: levels, sources, times, and fields of the newest ones. */
export async function namespaceShape(api: LogApi, name: string, call: Call): Promise<string> {
  const namespace = [name];
  const [all, counted, newest] = await Promise.all([
    api.namespaces(call),
    api.facets({ namespace, field: ["level", "source", "tags"], limit: 20 }, call),
    api.search({ namespace, limit: MCP_LIMITS.shapeRecords }, call),
  ]);
  const known = all.find((one) => one.name === name);
  const whole = known && wholeOf(known);
  const [levels, sources, tags] = counted.facets.map(({ values, more }) => [
    ...values.map(({ value, count }) => `  ${count} ${oneLine(shortText(value))}`),
    ...(more ? ["  and others"] : []),
  ]);
  const fields = fieldsOf(newest.records.map(({ metadata }) => metadata));
  const shown = [
    "levels:",
    ...(levels ?? []),
    "sources:",
    ...(sources ?? []),
    "tags:",
    ...(tags ?? []),
    `metadata of the newest ${newest.records.length} records, path and type:`,
    ...fields.map(([path, type]) => `  ${path}: ${type}`),
  ];
  return [
    `Namespace ${name}: ${counted.count} records${counted.truncated ? " or more" : ""}, from ${whole?.oldest ?? "never"} to ${whole?.newest ?? "never"}.`,
    fence(shown.join("\n")),
    ...warningLines(warningsOf(counted, newest)),
  ].join("\n");
}

/** Paths of values, by path, with the type that the first record has there. */
function fieldsOf(all: readonly unknown[]): readonly (readonly [string, string])[] {
  const found = new Map<string, string>();
  for (const metadata of all) collect(metadata, "metadata", found);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MCP_LIMITS.shapeFields);
}

function collect(value: unknown, path: string, found: Map<string, string>): void {
  if (found.size >= 10 * MCP_LIMITS.shapeFields) return;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) {
      collect(inner, `${path}.${oneLine(shortText(key))}`, found);
    }
    return;
  }
  if (path === "metadata" || found.has(path)) return;
  found.set(path, Array.isArray(value) ? "list" : value === null ? "null" : typeof value);
}
