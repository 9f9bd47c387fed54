import type { z } from "zod";
import { reportIssues, type Report } from "./check.ts";
import { problem, type Problem } from "./problem.ts";
import { clusterSchema, type ClusterRecord } from "./schema/cluster.ts";
import { tenantSchema, type TenantRecord } from "./schema/tenant.ts";
import { readSource, readText, type Source, type SourceDocument } from "./source.ts";
import type { Path } from "./yaml/careful.ts";

/** A record that its schema accepts, with the file it came from. */
export type Sourced<T> = { record: T; source: Source };

/** A record, if the file holds one, and everything that is wrong with it. */
export type ReadResult<T> = { sourced: Sourced<T> | null; problems: Problem[] };

export function readTenant(file: string, content: Uint8Array | string): ReadResult<TenantRecord> {
  return check(tenantSchema, open(file, content));
}

export function readCluster(file: string, content: Uint8Array | string): ReadResult<ClusterRecord> {
  return check(clusterSchema, open(file, content));
}

const open = (file: string, content: Uint8Array | string): SourceDocument =>
  typeof content === "string" ? readText(file, content) : readSource(file, content);

function check<T>(schema: z.ZodType<T>, document: SourceDocument): ReadResult<T> {
  const { source, value, trapped } = document;
  const problems = [...document.problems];
  if (value === undefined) return { sourced: null, problems };
  const report = reporter(source, problems, trapped);
  const parsed = schema.safeParse(value);
  if (!parsed.success) reportIssues(schema, value, parsed.error.issues, report);
  // A record with unknown keys is complete without them, so the checks across records still see it.
  const known = parsed.success
    ? parsed
    : schema.safeParse(withoutUnknown(value, parsed.error.issues));
  return { sourced: known.success ? { record: known.data, source } : null, problems };
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

function withoutUnknown(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    let at: unknown = copy;
    for (const part of issue.path) {
      at = typeof at === "object" && at !== null ? Reflect.get(at, part) : undefined;
    }
    if (typeof at !== "object" || at === null) continue;
    for (const key of issue.keys) Reflect.deleteProperty(at, key);
  }
  return copy;
}
