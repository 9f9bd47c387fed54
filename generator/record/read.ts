import type { z } from "zod";
import { pathOf, reportIssues, type Report } from "./check.ts";
import { valueAt } from "./fields.ts";
import { problem, type Problem } from "./problem.ts";
import { clusterSchema, type ClusterRecord } from "./schema/cluster.ts";
import { prerequisitesSchema, type Prerequisites } from "./schema/prerequisites.ts";
import { tenantSchema, type TenantRecord } from "./schema/tenant.ts";
import { readSource, readText, type Source, type SourceDocument } from "./source.ts";
import type { Path } from "./yaml/careful.ts";

type Issue = z.core.$ZodIssue;

/** A record that its schema accepts, with the file it came from. */
export type Sourced<T> = { record: T; source: Source };

/** A file's fields before any check, for what can be said of a record that its schema refuses. */
export type Raw = { value: unknown; source: Source };

/** A record, if the file holds one, and everything that is wrong with it. */
export type ReadResult<T> = {
  sourced: Sourced<T> | null;
  /** The record lacks fields that were wrong: defaults stand in for them. */
  mended: boolean;
  /** Null where the file is no YAML. */
  raw: Raw | null;
  problems: Problem[];
};

export function readTenant(file: string, content: Uint8Array | string): ReadResult<TenantRecord> {
  return check(tenantSchema, open(file, content));
}

export function readCluster(file: string, content: Uint8Array | string): ReadResult<ClusterRecord> {
  return check(clusterSchema, open(file, content));
}

export function readPrerequisites(
  file: string,
  content: Uint8Array | string,
): ReadResult<Prerequisites> {
  return check(prerequisitesSchema, open(file, content));
}

const open = (file: string, content: Uint8Array | string): SourceDocument =>
  typeof content === "string" ? readText(file, content) : readSource(file, content);

function check<T>(schema: z.ZodType<T>, document: SourceDocument): ReadResult<T> {
  const { source, value, trapped } = document;
  const problems = [...document.problems];
  if (value === undefined) return { sourced: null, mended: false, raw: null, problems };
  const report = reporter(source, problems, trapped);
  const parsed = schema.safeParse(value);
  if (!parsed.success) reportIssues(schema, value, parsed.error.issues, report);
  const raw = { value, source };
  if (parsed.success)
    return { sourced: { record: parsed.data, source }, mended: false, raw, problems };
  // Without what is wrong most records can be read on, so that all of their mistakes are told at once.
  const left = readOn(schema, value, parsed.error.issues);
  const mended = parsed.error.issues.some(({ code }) => code !== "unrecognized_keys");
  return { sourced: left.success ? { record: left.data, source } : null, mended, raw, problems };
}

/** A `Report` that finds the places in a source. What lies in a trapped value is not its writer's doing. */
export function reporter(
  source: Source,
  problems: Problem[],
  trapped: readonly Path[] = [],
): Report {
  return (code, values, path, part, suggestion = null) => {
    const behind = trapped.some((trap) =>
      trap.every((step, i) => i >= path.length || step === path[i]),
    );
    if (!behind) problems.push(problem(code, values, source.place(path, part), suggestion));
  };
}

/** Checks a value without the fields that are wrong; where a member of a list has no right form, without the list. */
function readOn<T>(schema: z.ZodType<T>, value: unknown, issues: readonly Issue[]) {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    const path = pathOf(issue);
    if (issue.code === "unrecognized_keys") drop(copy, path, issue.keys);
    else drop(copy, path.slice(0, -1), path.slice(-1));
  }
  const left = schema.safeParse(copy);
  if (left.success) return left;
  for (const path of left.error.issues.map(pathOf)) {
    const index = path.findIndex((part) => typeof part === "number");
    if (index > 0) drop(copy, path.slice(0, index - 1), path.slice(index - 1, index));
  }
  return schema.safeParse(copy);
}

/** Members of lists stay: places are told by their number. */
function drop(root: unknown, path: Path, keys: Path): void {
  const holder = valueAt(root, path);
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return;
  for (const key of keys) Reflect.deleteProperty(holder, key);
}
