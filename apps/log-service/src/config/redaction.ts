import { z } from "zod";

import { REDACT_LIMITS } from "../limits.ts";
import { optional, path } from "./fields.ts";
import { readJsonFile } from "./read.ts";

const PRESETS = ["bearer-tokens", "json-web-tokens", "card-numbers", "email-addresses"] as const;

/** What a redaction file may say. */
const file = z.strictObject({
  fields: z
    .array(z.string().min(1).max(REDACT_LIMITS.fieldUnits))
    .max(REDACT_LIMITS.fields)
    .default([]),
  presets: z.array(z.enum(PRESETS)).default([]),
  patterns: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(63),
        pattern: z.string().min(1).max(REDACT_LIMITS.patternUnits),
        ignore_case: z.boolean().default(false),
      }),
    )
    .max(REDACT_LIMITS.patterns)
    .default([]),
});

export const redactionFields = { NEURALLOG_REDACTION_FILE: optional(path) };

/** What is taken out of records before they are stored. */
export type RedactionSettings = z.output<typeof file>;

const NOTHING: RedactionSettings = { fields: [], presets: [], patterns: [] };

/** @throws ConfigError for a file that cannot be read or is not valid. */
export function redactionConfig(values: {
  readonly NEURALLOG_REDACTION_FILE?: string | undefined;
}): RedactionSettings {
  const name = values.NEURALLOG_REDACTION_FILE;
  return name === undefined ? NOTHING : readJsonFile("NEURALLOG_REDACTION_FILE", name, file);
}
