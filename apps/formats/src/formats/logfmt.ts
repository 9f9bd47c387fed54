import { recordOfFields } from "./fields.ts";
import type { Format } from "./format.ts";

// level=info msg="started up" port=8080 debug
const token = /\s*([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?(?=\s|$)/sy;
// Text may hold an equals sign by chance; a line is logfmt when it also names one of these.
const telling = /(?:^|\s)(?:level|lvl|severity|msg|message|ts|time|timestamp)=/;

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

export const logfmt: Format = {
  name: "logfmt",
  parse(line, clock) {
    if (!telling.test(line)) return undefined;
    const fields = new Map<string, string | true>();
    let pairs = 0;
    const end = line.trimEnd().length;
    for (token.lastIndex = 0; token.lastIndex < end;) {
      const match = token.exec(line);
      if (match === null) return undefined;
      const [, key = "", quoted, bare] = match;
      // A key that stands twice would lose its first value: the line stays text.
      if (fields.has(key) || key === "__proto__") return undefined;
      if (quoted !== undefined || bare !== undefined) pairs++;
      fields.set(
        key,
        quoted?.replace(/\\(.)/gs, (_, char: string) => escapes[char] ?? char) ?? bare ?? true,
      );
    }
    // More bare words than pairs is a sentence with an equals sign in it.
    if (pairs < 2 || fields.size > 2 * pairs) return undefined;
    return recordOfFields(Object.fromEntries(fields), line, clock);
  },
};
