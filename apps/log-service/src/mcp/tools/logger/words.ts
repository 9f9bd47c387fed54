/**
 * A query for messages with all of these words, whatever the text is: each word is quoted, so that
 * nothing in it is an operator.
 */
export function wordsQuery(text: string): string | undefined {
  const words = text.match(WORDS) ?? [];
  return words.length === 0 ? undefined : words.map((word) => `"${word}"`).join(" AND ");
}

/** As the query language has them: what stands between is no part of a word. */
const WORDS = /[A-Za-z0-9_\u0080-\u{10ffff}]+/gu;
