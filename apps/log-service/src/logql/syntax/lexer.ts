import { ServiceError } from "../../errors.ts";
import { unquote } from "../../ingest/loki/labels.ts";

export type TokenKind = "name" | "string" | "quantity" | "sign" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** A string's value, else the text as written. */
  readonly text: string;
  /** Where it starts, in UTF-16 units. */
  readonly at: number;
}

const BLANK = /(?:[ \t\r\n\u00a0]+|#[^\n]*)*/y;
const NAME = /[a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z_][a-zA-Z0-9_]*)*/y;
const DOUBLE = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"/y;
const RAW = /`[^`]*`/y;
// A number with all that clings to it: `5`, `1.5h`, `20MB`, `1h30m`, `1e3`.
const QUANTITY =
  /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+(?![a-zA-Z0-9]))?(?:[a-zA-Zµμ]+(?:\d+(?:\.\d+)?[a-zA-Zµμ]+)*)?/y;
const SIGN = /--[a-z-]+|\|[=~>]|![=~>]|=[~=]|[<>]=|[{}()[\],|=<>+\-*/%^]/y;

/**
 * Tokens of a query, `end` last.
 * @throws ServiceError NL_LOGQL_INVALID at a character that begins none.
 */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += match(BLANK)?.length ?? 0;
    if (at >= text.length) break;
    const name = match(NAME);
    const quoted = name === undefined ? match(DOUBLE) : undefined;
    const raw = match(RAW);
    const quantity = match(QUANTITY);
    const sign = match(SIGN);
    if (name !== undefined) tokens.push({ kind: "name", text: name, at });
    else if (quoted !== undefined)
      tokens.push({ kind: "string", text: literal(quoted, text, at), at });
    else if (raw !== undefined) tokens.push({ kind: "string", text: raw.slice(1, -1), at });
    else if (quantity !== undefined) tokens.push({ kind: "quantity", text: quantity, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, at });
    else {
      const problem =
        text[at] === '"' || text[at] === "`" ? "literal not terminated" : "unexpected character";
      throw invalid(text, at, problem);
    }
    at += (name ?? quoted ?? raw ?? quantity ?? sign ?? "").length;
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}

function literal(quoted: string, text: string, at: number): string {
  const value = unquote(quoted);
  if (value === undefined) throw invalid(text, at, "invalid escape in string");
  return value;
}

/** The error of a query, in Loki's words, with the place where it is. */
export function invalid(text: string, at: number, problem: string): ServiceError {
  const before = text.slice(0, at).split("\n");
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new ServiceError(
    "NL_LOGQL_INVALID",
    `parse error at line ${line}, col ${column}: ${problem}`,
    { details: { line, column } },
  );
}
