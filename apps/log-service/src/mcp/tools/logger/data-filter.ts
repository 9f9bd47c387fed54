import { MCP_LIMITS, SEARCH_LIMITS } from "../../../limits.ts";
import { ServiceError } from "../../../errors.ts";
import { json } from "../../answer/found-record.ts";

/** What an entry's `data` has to hold, as PostgreSQL's `@>`: objects inside it at their places. */
export const dataFilter = json.describe(
  'What data has to contain: {"user": {"id": 42}, "tags": ["eu"]} finds entries that have both and maybe more',
);

type Condition = readonly [path: string, value: string];

/**
 * Conditions by path: a text, number or boolean at its place, or among the elements of a list there.
 * @throws ServiceError NL_PARAMETER_INVALID, naming the place, for what cannot be looked for.
 */
export function conditionsOf(data: Readonly<Record<string, unknown>>): readonly Condition[] {
  const conditions: Condition[] = [];
  collect(data, [], conditions);
  if (conditions.length > MCP_LIMITS.dataConditions) {
    throw invalid([], `has at most ${MCP_LIMITS.dataConditions} values`);
  }
  return conditions;
}

function collect(value: unknown, path: readonly string[], into: Condition[]): void {
  // One more than may be: enough to refuse all of it.
  if (into.length > MCP_LIMITS.dataConditions) return;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    into.push([path.join("."), String(value)]);
    return;
  }
  if (path.length > SEARCH_LIMITS.pathSteps) {
    throw invalid(path, `is deeper than ${SEARCH_LIMITS.pathSteps} steps`);
  }
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) {
    // It would be no condition, and let everything through.
    throw invalid(path, "is empty: name a value that is looked for, or leave it out");
  }
  if (Array.isArray(value)) {
    for (const element of value) {
      if (typeof element === "object") {
        throw invalid(
          path,
          "is a list of more than texts, numbers and booleans, which cannot be looked for",
        );
      }
      collect(element, path, into);
    }
    return;
  }
  if (typeof value !== "object" || value === null)
    throw invalid(path, "is null, which cannot be looked for");
  for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key], into);
}

function invalid(path: readonly string[], problem: string): ServiceError {
  const place = ["data", ...path].join(".").slice(0, 100);
  return new ServiceError("NL_PARAMETER_INVALID", `${place} ${problem}`, {
    details: { parameter: place },
  });
}
