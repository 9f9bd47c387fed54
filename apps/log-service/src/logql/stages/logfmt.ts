import { labelName, unquote } from "../../ingest/loki/labels.ts";
import type { Entry } from "../entry.ts";
import type { Extraction } from "../syntax/ast.ts";
import { addParsed } from "./json.ts";

export interface LogfmtOptions {
  readonly fields: readonly Extraction[];
  readonly strict: boolean;
  readonly keepEmpty: boolean;
}

// Each alternative takes what it can and never gives back, so that no line takes more than one pass.
const ANYTHING = /([^\s="]+)(?:=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"]*)))?|\S/gs;
/** Pairs alone; what stands before a key is looked at so that a long word is not read again and again. */
const PAIR = /(?<![^\s="])([^\s="]+)=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"]+))/gs;

/** `| logfmt`: all pairs, or those that are asked for. */
export function extractLogfmt(entry: Entry, { fields, strict, keepEmpty }: LogfmtOptions): void {
  const { line } = entry;
  const found = new Map<string, string>();
  // Most lines of a mixed stream are no logfmt: words without a value are nothing then.
  const pattern = strict || keepEmpty ? ANYTHING : PAIR;
  if (pattern === ANYTHING || line.includes("=")) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
      const [whole, key, quoted, plain] = match;
      if (key === undefined) {
        if (strict) {
          entry.fail("LogfmtParserErr", `unexpected ${JSON.stringify(whole)}`);
          return;
        }
        continue;
      }
      const value = quoted === undefined ? (plain ?? "") : (unquote(`"${quoted}"`) ?? quoted);
      if (value !== "" || keepEmpty) found.set(key, value);
    }
  }
  if (fields.length === 0) {
    for (const [key, value] of found) addParsed(entry, labelName(key), value);
    return;
  }
  for (const { label, path } of fields) addParsed(entry, label, found.get(path) ?? "");
}
