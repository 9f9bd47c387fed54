import type { Condition } from "../archive/port.ts";
import { tokensOf } from "../block/tokens.ts";
import type { LikeFilter, RegexFilter } from "./filter.ts";
import { isAscii } from "./match/fold.ts";
import { compileRegex } from "./regex/regex.ts";
import type { Literals } from "./regex/literals.ts";

/** Text that a message must hold, and whether a word may go on beyond its sides. */
interface Piece {
  readonly text: string;
  readonly isOpenLeft: boolean;
  readonly isOpenRight: boolean;
  readonly ignoreCase: boolean;
}

/** A message that is just this text. */
export function narrowText(text: string): Condition {
  return holding({ text, isOpenLeft: false, isOpenRight: false, ignoreCase: false });
}

export function narrowLike({ parts, start, end, ignoreCase }: LikeFilter): Condition {
  const last = parts.length - 1;
  return all(
    parts.map((text, index) =>
      holding({
        text,
        isOpenLeft: index > 0 || start === "any",
        isOpenRight: index < last || end === "any",
        ignoreCase,
      }),
    ),
  );
}

export function narrowRegex({ pattern, ignoreCase }: RegexFilter): Condition {
  return ofLiterals(compileRegex(pattern, ignoreCase).literals);
}

function ofLiterals(literals: Literals): Condition {
  switch (literals.kind) {
    case "none":
      return all([]);
    case "text":
      return holding({
        text: literals.text,
        isOpenLeft: true,
        isOpenRight: true,
        ignoreCase: true,
      });
    case "all":
      return all(literals.of.map(ofLiterals));
    case "any":
      return { kind: "any", of: literals.of.map(ofLiterals) };
  }
}

/** Its words find it, where an archive knows words; its text leaves out what has them elsewhere. */
function holding(piece: Piece): Condition {
  return all([...wordsOf(piece), ...textsOf(piece)]);
}

/**
 * The words that stand in a piece as a whole, and of the last one, if it may go on, how it begins.
 * Letters beyond ASCII have other forms in other messages, where case does not matter.
 */
function wordsOf({ text, isOpenLeft, isOpenRight, ignoreCase }: Piece): Condition[] {
  const tokens = tokensOf(text);
  const startsInWord = isOpenLeft && tokensOf(text.slice(0, 1)).length === 1;
  const endsInWord = isOpenRight && tokensOf(text.slice(-1)).length === 1;
  const words = new Map<string, Condition>();
  for (const [index, token] of tokens.entries()) {
    if (index === 0 && startsInWord) continue;
    if (ignoreCase && !isAscii(token)) continue;
    const isPrefix = endsInWord && index === tokens.length - 1;
    words.set(`${token} ${isPrefix}`, { kind: "word", text: token, isPrefix });
  }
  return [...words.values()];
}

function textsOf({ text, ignoreCase }: Piece): Condition[] {
  const texts = ignoreCase ? (text.match(/[\0-\x7f]+/g) ?? []) : text === "" ? [] : [text];
  return texts.map((each): Condition => ({ kind: "contains", text: each, ignoreCase }));
}

function all(of: readonly Condition[]): Condition {
  const parts = of.flatMap((part) => (part.kind === "all" ? part.of : [part]));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "all", of: parts };
}
