// What the clients and mcp-tap take for a secret. The list, its rules in words and the vectors that hold all of them
// to it stand in redaction.json.
import { createKeyTest, withFlags, type RedactOptions } from "./key-test.ts";
import { REDACTED } from "./redacted.ts";
import { createTextScrub, type Scrub } from "./text.ts";

/** What is done to each text; undefined where there is nothing to replace. */
export function createScrub(options: RedactOptions = {}): Scrub | undefined {
  const { patterns = [], defaults = true } = options;
  const expressions = patterns.map((pattern) => withFlags(pattern, "g"));
  const byName = defaults ? createTextScrub(createKeyTest(options)) : undefined;
  if (expressions.length === 0) return byName;
  return (text) =>
    expressions.reduce(
      (rest, expression) => rest.replace(expression, REDACTED),
      byName === undefined ? text : byName(text),
    );
}

export { REDACTED } from "./redacted.ts";
export { createKeyTest, holdsHeaders } from "./key-test.ts";
export type { KeyTest, RedactOptions } from "./key-test.ts";
export { withoutTokens } from "./looks.ts";
export { createTextScrub, remembered } from "./text.ts";
export type { Scrub } from "./text.ts";
