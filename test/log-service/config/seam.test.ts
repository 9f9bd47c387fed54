import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { oidcSchema } from "../../../apps/log-service/src/access/oidc-settings.ts";
import { AUDIT_NAMESPACE, ROLES } from "../../../apps/log-service/src/access/principal.ts";
import { archiveFields } from "../../../apps/log-service/src/config/archive.ts";
import { mcpVariables } from "../../../apps/log-service/src/config/mcp.ts";
import { serveVariables } from "../../../apps/log-service/src/config/serve.ts";
import { workVariables } from "../../../apps/log-service/src/config/work.ts";
import {
  ENGINE_LIMITS,
  QUERY_LIMITS,
  REDACT_LIMITS,
  STORE_LIMITS,
  WORK_LIMITS,
} from "../../../apps/log-service/src/limits.ts";
import { PRESET_NAMES } from "../../../apps/log-service/src/record/redact-presets.ts";
import * as limits from "../../../generator/limits.ts";
import { AUDIT_NAMESPACE as RESERVED } from "../../../generator/plan/names.ts";
import { jsonSchemas, type JsonSchema } from "../../../generator/reference/json-schema.ts";
import { logServiceEnvironment } from "../../../generator/render/log-service-config.ts";
import { cloudPlan, samplePlan } from "../../generator/support/plans.ts";

// The record's schema repeats what the service takes, as neither imports the other: here they meet.

/** The part of the tenant's schema at a path. */
function schemaAt(...path: string[]): JsonSchema {
  let schema = jsonSchemas().tenant;
  for (const step of path) {
    const found = step === "[]" ? schema.items : schema.properties?.[step];
    if (found === undefined) throw new Error(`the schema has no ${path.join(".")}`);
    schema = found;
  }
  return schema;
}

test("a record's bounds are those of the service", () => {
  expect(limits.MAX_LANES).toBe(STORE_LIMITS.lanes);
  expect(limits.MAX_REDACTED_FIELDS).toBe(REDACT_LIMITS.fields);
  expect(limits.MAX_REDACTED_FIELD).toBe(REDACT_LIMITS.fieldUnits);
  expect(limits.MAX_PATTERNS).toBe(REDACT_LIMITS.patterns);
  expect(limits.MAX_REGEX).toBe(REDACT_LIMITS.patternUnits);
  expect(limits.MAX_REGEX_STEPS).toBe(QUERY_LIMITS.regexSize);
});

test("what a record leaves out is what the service would do by itself", () => {
  expect(limits.WATERMARK_PERCENT).toBe(WORK_LIMITS.watermark * 100);
  expect(limits.SLOW_MILLISECONDS).toBe(ENGINE_LIMITS.slowMs);
});

test("a record's roles, presets and signatures are those of the service", () => {
  expect(schemaAt("access", "keys", "[]", "role").enum).toEqual(ROLES);
  expect(schemaAt("logService", "redaction", "presets", "[]").enum).toEqual(PRESET_NAMES);
  const { algorithms } = oidcSchema.shape;
  expect(schemaAt("access", "oidc", "algorithms", "[]").enum).toEqual(
    algorithms.unwrap().element.options,
  );
  expect(RESERVED).toBe(AUDIT_NAMESPACE);
});

/** What the place decides and no record: listeners, addresses, files and passwords. */
const OF_THE_PLACE = [
  "NEURALLOG_HOST",
  "NEURALLOG_PORT",
  "NEURALLOG_OPS_PORT",
  "NEURALLOG_REDIS_USERNAME",
  "NEURALLOG_REDIS_PASSWORD_FILE",
  "NEURALLOG_ACCESS_FILE",
  "NEURALLOG_KEYS_DIR",
  ...Object.keys(archiveFields),
];

test("each variable of the service is set by the record, or decided by the place", () => {
  const set = [samplePlan(), cloudPlan()].flatMap((plan) =>
    Object.keys(logServiceEnvironment(plan, `tenant-${plan.id}`)),
  );
  const known = new Set([...set, ...OF_THE_PLACE]);
  expect(serveVariables.filter((name) => !known.has(name))).toEqual([]);
  expect(set.filter((name) => !serveVariables.includes(name) && name !== "NODE_OPTIONS")).toEqual(
    [],
  );
});

test("each variable of each role is in the table of settings", () => {
  const pages = ["call-the-log-service", "send-logs"].map((name) =>
    readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), "utf8"),
  );
  const documented = new Set(pages.join("").match(/NEURALLOG_[A-Z_]+[A-Z]/g));
  const known = [...serveVariables, ...mcpVariables, ...workVariables];
  expect(known.filter((name) => !documented.has(name))).toEqual([]);
});
