import { addSet, areDisjoint, classText, emptySet, type CharSet } from "./char-set.ts";
import { readSimple, type Part, type Sequence } from "./simple-syntax.ts";

/** Ways through alternatives that may all be tried at each place. */
const MOST_WAYS = 32;
/** Times that one character may be counted: V8 writes counted repetitions out. */
const MOST_COUNTED = 64;

/** Steps that one text may cost: some five milliseconds. */
const MOST_STEPS = 2 ** 21;

/** An expression for V8's engine. */
export interface Backtracking {
  readonly regex: RegExp;
  /** Texts of more UTF-16 units could cost too many steps. */
  readonly mostUnits: number;
}

/**
 * The expression for V8's engine, which takes a tenth of the time, if no text can make it backtrack
 * far: the work is at most the square of the text's length. That holds if, wherever a repetition
 * could end earlier, what follows cannot begin there. One repetition may break this rule if all
 * behind it has a fixed length.
 * @returns undefined if that cannot be shown.
 */
export function backtrackingRegex(pattern: string, ignoreCase: boolean): Backtracking | undefined {
  const parts = readSimple(pattern, ignoreCase);
  const ways = parts === undefined ? 0 : waysOf(parts);
  if (parts === undefined || ways > MOST_WAYS) return undefined;
  // As anything may stand before a match, what may be left out at its beginning or its end is.
  const needed = withoutOptionalEnds(parts);
  const verdict = isTame(needed, END, { ambiguous: false, fixed: true });
  if (!verdict.tame) return undefined;
  // From each place, in each way; and where a repetition gives back, all behind it each time.
  const steps = ways * (verdict.ambiguous ? 1 + pattern.length + MOST_COUNTED : 1);
  return {
    regex: new RegExp(textOf(needed), "u"),
    mostUnits: Math.floor(Math.sqrt(MOST_STEPS / steps)),
  };
}

function withoutOptionalEnds(parts: Sequence): Sequence {
  const isNeeded = (part: Part) => part.kind !== "characters" || part.least > 0;
  const from = parts.findIndex(isNeeded);
  return from === -1 ? [] : parts.slice(from, parts.findLastIndex(isNeeded) + 1);
}

function waysOf(parts: Sequence): number {
  let ways = 1;
  for (const part of parts) {
    if (part.kind !== "any") continue;
    ways *= part.of.reduce((sum, one) => sum + waysOf(one), 0);
  }
  return ways;
}

/** What may come next. */
interface Next {
  readonly set: CharSet;
  /** Whether the whole expression may be over, so that there is a match and nothing is tried again. */
  readonly isEnd: boolean;
  /** Whether it may be a look at an edge, which can fail whatever the characters are. */
  readonly isEdge: boolean;
}

const END: Next = { set: emptySet(), isEnd: true, isEdge: false };

interface Behind {
  /** Whether a repetition behind may give back characters that what follows it takes. */
  readonly ambiguous: boolean;
  /** Whether all behind has a fixed length. */
  readonly fixed: boolean;
}

interface Verdict extends Behind {
  readonly tame: boolean;
  readonly next: Next;
}

/** Goes through the parts from the last one to the first. */
function isTame(parts: Sequence, after: Next, behind: Behind): Verdict {
  let next = after;
  let { ambiguous, fixed } = behind;
  for (const part of parts.toReversed()) {
    switch (part.kind) {
      case "edge":
        next = { set: next.set, isEnd: next.isEnd, isEdge: true };
        break;
      case "any": {
        const ways = part.of.map((one) => isTame(one, next, { ambiguous, fixed }));
        if (!ways.every(({ tame }) => tame)) return { tame: false, next, ambiguous, fixed };
        ambiguous = ways.some((way) => way.ambiguous);
        fixed = ways.every((way) => way.fixed);
        next = joinNext(ways.map((way) => way.next));
        break;
      }
      case "characters": {
        const { set, least, most } = part;
        if (least > MOST_COUNTED || (most !== Infinity && most > MOST_COUNTED)) {
          return { tame: false, next, ambiguous, fixed };
        }
        if (least !== most) {
          const isClear = isMatch(next) || (!next.isEdge && areDisjoint(set, next.set));
          if (!isClear) {
            if (ambiguous || !fixed) return { tame: false, next, ambiguous, fixed };
            ambiguous = true;
          }
          fixed = false;
        }
        next =
          least > 0 ? { set, isEnd: false, isEdge: false } : joinNext([next, { ...next, set }]);
      }
    }
  }
  return { tame: true, next, ambiguous, fixed };
}

/** Whether nothing is asked for any more. */
function isMatch({ isEnd, isEdge }: Next): boolean {
  return isEnd && !isEdge;
}

function joinNext(all: readonly Next[]): Next {
  return {
    set: all.reduce((set, one) => addSet(set, one.set), emptySet()),
    isEnd: all.some((one) => one.isEnd),
    isEdge: all.some((one) => one.isEdge),
  };
}

function textOf(parts: Sequence): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case "edge":
          return part.text;
        case "any":
          return `(?:${part.of.map(textOf).join("|")})`;
        case "characters":
          return `[${classText(part.set)}]${timesText(part.least, part.most)}`;
      }
    })
    .join("");
}

function timesText(least: number, most: number): string {
  if (least === 1 && most === 1) return "";
  return `{${least},${most === Infinity ? "" : most}}`;
}
