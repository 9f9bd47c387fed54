import { asciiLower, tokensOf } from "../../block/tokens.ts";
import { POSTGRES_LIMITS } from "../limits.ts";

/**
 * The words of a message for its `tsvector`: our own, not those of PostgreSQL's parser, which knows
 * URLs and stems and would not find what the hot store finds.
 * @returns undefined if they are more than one `tsvector` holds.
 */
export function lexemesOf(message: string): ReadonlySet<string> | undefined {
  const lexemes = new Set<string>();
  for (const token of tokensOf(message)) {
    lexemes.add(token.length * 3 <= POSTGRES_LIMITS.lexemeBytes ? token : clip(token));
  }
  // Each unit is at most three bytes: messages within our own limit rarely need a count.
  if (message.length * 3 <= POSTGRES_LIMITS.lexemesBytes) return lexemes;
  let bytes = 0;
  for (const lexeme of lexemes) bytes += Buffer.byteLength(lexeme);
  return bytes <= POSTGRES_LIMITS.lexemesBytes ? lexemes : undefined;
}

/** A condition for one word, as `tsquery` reads it. @param text Not empty. */
export function wordQuery(text: string, isPrefix: boolean): string {
  const word = asciiLower(text);
  const lexeme = clip(word);
  const quoted = `'${lexeme.replace(/['\\]/g, "$&$&")}'`;
  return isPrefix || lexeme !== word ? `${quoted}:*` : quoted;
}

/** The longest beginning of whole characters that is a lexeme. */
function clip(token: string): string {
  if (Buffer.byteLength(token) <= POSTGRES_LIMITS.lexemeBytes) return token;
  const bytes = Buffer.from(token);
  let end = POSTGRES_LIMITS.lexemeBytes;
  // A byte of the form 10xxxxxx goes on with a character that began before.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
