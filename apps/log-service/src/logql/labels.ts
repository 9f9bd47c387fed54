import type { Matcher } from "./syntax/ast.ts";
import { anchored, compilePattern } from "./regex.ts";

export type ValueTest = (value: string) => boolean;

/** The test of `=`, `!=`, `=~` and `!~`, which look at whole values. */
export function valueTest({ op, value }: Matcher): ValueTest {
  switch (op) {
    case "=":
      return (text) => text === value;
    case "!=":
      return (text) => text !== value;
    case "=~":
      return patternTest(value);
    case "!~": {
      const test = patternTest(value);
      return (text) => !test(text);
    }
  }
}

const SPECIAL = /[\\^$.|?*+()[\]{}]/;

/** The texts that a pattern means if it is nothing but alternatives; undefined for any other. */
export function alternativesOf(pattern: string): readonly string[] | undefined {
  const inner = /^\((?:\?:)?([^()]*)\)$/.exec(pattern)?.[1] ?? pattern;
  const texts = inner.split("|");
  return texts.some((text) => SPECIAL.test(text)) ? undefined : texts;
}

/** Most patterns of dashboards are a list or everything: they need no engine. */
function patternTest(pattern: string): ValueTest {
  if (pattern === ".*") return () => true;
  if (pattern === ".+") return (text) => text !== "";
  const texts = alternativesOf(pattern);
  if (texts !== undefined) return (text) => texts.includes(text);
  const compiled = compilePattern(anchored(pattern));
  return (text) => compiled.test(text);
}
