import { createRequire } from "node:module";

import type { RedactionSettings } from "../config/redaction.ts";
import { ServiceError } from "../errors.ts";
import { regexProblem } from "../query/regex/regex.ts";
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
  const problem = regexProblem(pattern);
  if (problem !== undefined) {
    throw new ServiceError("NL_CONFIG", `Redaction pattern ${name}: ${problem}`);
  }
  const { RE2JS } = library();
  const compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  return {
    test: (text) => compiled.test(text),
    *matches(text) {
      const matcher = compiled.matcher(text);
      while (matcher.find()) yield [matcher.start(), matcher.end()];
    },
  };
}

/** Loaded for the first pattern: most tenants have none. */
function library(): typeof import("re2js") {
  return createRequire(import.meta.url)("re2js");
}
