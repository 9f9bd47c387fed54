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
const PAIR = /([^\s="]+)(?:=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"]*)))?|\S/gs;

/** `| logfmt`: all pairs, or those that are asked for. */
export function extractLogfmt(entry: Entry, { fields, strict, keepEmpty }: LogfmtOptions): void {
  const found = new Map<string, string>();
  for (const [whole, key, quoted, plain] of entry.line.matchAll(PAIR)) {
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
  if (fields.length === 0) {
    for (const [key, value] of found) addParsed(entry, labelName(key), value);
    return;
  }
  for (const { label, path } of fields) addParsed(entry, label, found.get(path) ?? "");
}
