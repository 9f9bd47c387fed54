import { setFlagsFromString } from "node:v8";

import type { RedactionSettings } from "../config/redaction.ts";
import { ServiceError } from "../errors.ts";
import type { RedactionPattern } from "../record/redact-patterns.ts";
import { createRedactor, type Redactor } from "../record/redact.ts";

/**
 * What the configuration takes out of records.
 * @throws ServiceError NL_CONFIG for a pattern that cannot run in linear time.
 */
export function openRedactor({ fields, presets, patterns }: RedactionSettings): Redactor {
  return createRedactor({
    fields,
    presets,
    patterns: patterns.map(({ name, pattern, ignore_case }) =>
      compilePattern(name, pattern, ignore_case),
    ),
  });
}

function compilePattern(name: string, pattern: string, ignoreCase: boolean): RedactionPattern {
  setFlagsFromString("--enable-experimental-regexp-engine");
  try {
    const fast = new RegExp(pattern, ignoreCase ? "gi" : "g");
    return { fast, linear: new RegExp(pattern, ignoreCase ? "gil" : "gl") };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("NL_CONFIG", `Redaction pattern ${name}: ${reason}`, { cause: error });
  }
}
