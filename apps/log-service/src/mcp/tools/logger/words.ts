import { ServiceError } from "../../../errors.ts";

/**
 * A query for messages with all of these words, whatever the text is: each word is quoted, so that
 * nothing in it is an operator.
 * @throws ServiceError NL_PARAMETER_INVALID for a text without words: it would let everything through.
 */
export function wordsQuery(text: string): string {
  const words = text.match(WORDS) ?? [];
  if (words.length === 0) {
    throw new ServiceError(
      "NL_PARAMETER_INVALID",
      "search has no words, which are letters, digits and _: leave it out to find any message",
      { details: { parameter: "search" } },
    );
  }
  return words.map((word) => `"${word}"`).join(" AND ");
}

/** As the query language has them: what stands between is no part of a word. */
const WORDS = /[A-Za-z0-9_\u0080-\u{10ffff}]+/gu;
