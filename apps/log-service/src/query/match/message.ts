import { PatternSearch } from "../../block/pattern-search.ts";
import type { RowMask, TextPattern } from "../../block/pattern.ts";
import type { BlockRows } from "../../block/rows.ts";
import { asciiLower, tokensOf } from "../../block/tokens.ts";
import type { LikeFilter, RegexFilter, ValueFilter } from "../filter.ts";
import { compileRegex } from "../regex/regex.ts";
import type { Literals } from "../regex/literals.ts";
import { isAscii } from "./fold.ts";
import { both, countOf, either, rowsThat, selectionOf } from "./mask.ts";
import type { Selection } from "./matcher.ts";
import { rowNode, type Node } from "./node.ts";
import {
  EVERY_MESSAGE,
  NO_MESSAGE,
  SOME_MESSAGES,
  TemplateJudge,
  type TemplateRows,
} from "./template-rows.ts";
import { needAll, needAny, NO_NEED, type TokenNeed } from "./tokens.ts";
import { textTest, type FieldFilter, type TextTest } from "./values.ts";

type Side = "word" | "any";

/** Text that a message must hold, and how its edges lie. */
interface Piece {
  readonly text: string;
  readonly start: Side;
  readonly end: Side;
}

/**
 * Messages are looked through as bytes for the ASCII text that a match must hold; only what is left
 * then is made into strings and tested.
 */
export function messageNode(filter: FieldFilter): Node {
  switch (filter.kind) {
    case "like":
      return likeNode(filter);
    case "is":
      return equalNode(filter);
    case "regex":
      return regexNode(filter);
    case "range":
    case "exists":
      return rowNode(200, (rows, _, among) => tested(rows, among, textTest(filter)));
  }
}

function likeNode(filter: LikeFilter): Node {
  const pieces = piecesOf(filter);
  const [only] = pieces;
  const base = { tokens: needAll(pieces.map(needOf)) };
  if (only === undefined) return { ...rowNode(0, () => "all"), ...base, matchesAll: () => true };
  const patterns = pieces.flatMap(patternsOf);
  if (pieces.length === 1 && isWhole(filter, only)) {
    return {
      ...rowNode(20, (rows) => having(rows, patterns, "all")),
      ...base,
      byTemplates: templatesHaving(patterns),
    };
  }
  const test = textTest(filter);
  return {
    ...rowNode(100, (rows, _, among) => tested(rows, having(rows, patterns, among), test)),
    ...base,
  };
}

/** Whether the look over bytes tells all that the filter asks. */
function isWhole({ start, end, ignoreCase }: LikeFilter, { text }: Piece): boolean {
  const sameInBytes = ignoreCase || !/[A-Za-z]/.test(text);
  return start !== "value" && end !== "value" && sameInBytes && isAscii(text);
}

function piecesOf({ parts, start, end }: LikeFilter): Piece[] {
  const last = parts.length - 1;
  return parts
    .map(
      (text, index) =>
        ({
          text,
          start: index === 0 ? sideOf(start) : "any",
          end: index === last ? sideOf(end) : "any",
        }) satisfies Piece,
    )
    .filter(({ text, start, end }) => text !== "" || start === "word" || end === "word");
}

/** The whole text's edges are words' edges too. */
function sideOf(side: LikeFilter["start"]): Side {
  return side === "any" ? "any" : "word";
}

function equalNode(filter: ValueFilter): Node {
  const pieces = filter.values.map((text): Piece => ({ text, start: "word", end: "word" }));
  const test = textTest(filter);
  return {
    ...rowNode(100, (rows, _, among) => {
      // Long lists are cheaper to test than to look for one by one.
      if (pieces.length > MOST_LOOKS) return tested(rows, among, test);
      let found: Selection = "none";
      for (const piece of pieces) found = either(found, having(rows, patternsOf(piece), among));
      return tested(rows, both(found, among), test);
    }),
    tokens: needAny(pieces.map(needOf)),
  };
}

const MOST_LOOKS = 8;

function regexNode(filter: RegexFilter): Node {
  const { test, literals } = compileRegex(filter.pattern, filter.ignoreCase);
  return {
    ...rowNode(1_000, (rows, { interrupt }, among) => {
      const left = both(among, holding(rows, literals));
      let units = 0;
      return rowsThat(rows.count, left, (row) => {
        const message = rows.message(row);
        units += message.length;
        if (units > INTERRUPT_UNITS) {
          interrupt?.();
          units = 0;
        }
        return test(message);
      });
    }),
    tokens: literalNeed(literals),
  };
}

/** The worst expressions take 7 us a unit: a look at the clock every 0.1 s. */
const INTERRUPT_UNITS = 16_384;

function holding(rows: BlockRows, literals: Literals): Selection {
  switch (literals.kind) {
    case "none":
      return "all";
    case "text":
      return selectionOf(rows.messageMask({ text: literals.text, start: "any", end: "any" }));
    case "all": {
      let left: Selection = "all";
      for (const part of literals.of) {
        // Few messages are sooner tested than all are looked through once more.
        if (countOf(left, rows.count) * FEW < rows.count) break;
        left = both(left, holding(rows, part));
      }
      return left;
    }
    case "any": {
      let found: Selection = "none";
      for (const part of literals.of) {
        if (found === "all") break;
        found = either(found, holding(rows, part));
      }
      return found;
    }
  }
}

const FEW = 8;

function literalNeed(literals: Literals): TokenNeed {
  switch (literals.kind) {
    case "none":
      return NO_NEED;
    case "text":
      return needOf({ text: literals.text, start: "any", end: "any" });
    case "all":
      return needAll(literals.of.map(literalNeed));
    case "any":
      return needAny(literals.of.map(literalNeed));
  }
}

/** The ASCII runs of a piece, of which each match has all; letters beyond have other forms. */
function patternsOf({ text, start, end }: Piece): TextPattern[] {
  return [...text.matchAll(/[\0-\x7f]+/g)].map(({ 0: run, index }) => ({
    text: asciiLower(run),
    start: index === 0 ? start : "any",
    end: index + run.length === text.length ? end : "any",
  }));
}

/** The tokens of a piece that stand in it as a whole. */
function needOf({ text, start, end }: Piece): TokenNeed {
  const tokens = tokensOf(text);
  const whole = tokens.filter(
    (token, index) =>
      isAscii(token) &&
      (index > 0 || start === "word" || !startsWithToken(text)) &&
      (index < tokens.length - 1 || end === "word" || !endsWithToken(text)),
  );
  return needAll([...new Set(whole)].map((token) => ({ kind: "token", token })));
}

function startsWithToken(text: string): boolean {
  return tokensOf(text.slice(0, 1)).length === 1;
}

function endsWithToken(text: string): boolean {
  return tokensOf(text.slice(-1)).length === 1;
}

/** The rows that have all patterns, where templates alone tell. */
function templatesHaving(
  patterns: readonly TextPattern[],
): (templates: TemplateRows) => Selection | undefined {
  const judge = new TemplateJudge((text) => {
    const verdicts = searches.map((search) => search.verdict(text));
    if (verdicts.includes("none")) return NO_MESSAGE;
    return verdicts.includes("some") ? SOME_MESSAGES : EVERY_MESSAGE;
  });
  const searches = patterns.map((pattern) => new PatternSearch(pattern));
  return (templates) => {
    const verdicts = judge.verdicts(templates);
    if (verdicts.includes(SOME_MESSAGES)) return undefined;
    if (!verdicts.includes(EVERY_MESSAGE)) return "none";
    if (!verdicts.includes(NO_MESSAGE)) return "all";
    const { rows } = templates;
    const mask = new Uint8Array(rows.length);
    for (let row = 0; row < mask.length; row += 1) {
      mask[row] = verdicts[rows[row] ?? 0] === EVERY_MESSAGE ? 1 : 0;
    }
    return mask;
  };
}

function having(rows: BlockRows, patterns: readonly TextPattern[], among: Selection): Selection {
  let left: Selection = among;
  for (const pattern of patterns) {
    if (left === "none") return left;
    const mask: RowMask = rows.messageMask(pattern);
    left = both(left, selectionOf(mask));
  }
  return left;
}

function tested(rows: BlockRows, among: Selection, test: TextTest): Selection {
  return rowsThat(rows.count, among, (row) => test(rows.message(row)));
}
