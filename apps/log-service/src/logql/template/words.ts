import { unquote } from "../../ingest/loki/labels.ts";

export class TemplateError extends Error {}

export interface Word {
  readonly kind: "(" | ")" | "|" | "text" | "number" | "name";
  readonly text: string;
}

const WORD =
  /\s*(?:(\()|(\))|(\|)|("[^"\\\n]*(?:\\.[^"\\\n]*)*"|`[^`]*`)|(-?\d{1,15}(?:\.\d{1,15})?)|(\.?[a-zA-Z_][a-zA-Z0-9_]*)|(\S))/gy;

/** The words of what stands between `{{` and `}}`. @throws TemplateError for what is none. */
export function wordsOf(action: string): readonly Word[] {
  const words: Word[] = [];
  for (const [, open, close, bar, quoted, number, name, other] of action.trim().matchAll(WORD)) {
    if (open !== undefined) words.push({ kind: "(", text: "(" });
    else if (close !== undefined) words.push({ kind: ")", text: ")" });
    else if (bar !== undefined) words.push({ kind: "|", text: "|" });
    else if (number !== undefined) words.push({ kind: "number", text: number });
    else if (name !== undefined) words.push({ kind: "name", text: name });
    else if (quoted !== undefined) {
      const text = quoted.startsWith("`") ? quoted.slice(1, -1) : unquote(quoted);
      if (text === undefined) throw new TemplateError("a text has an unknown escape");
      words.push({ kind: "text", text });
    } else throw new TemplateError(`${JSON.stringify(other)} is not understood`);
  }
  return words;
}
