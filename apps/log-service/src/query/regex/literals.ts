import { asciiLower } from "../../block/tokens.ts";

/** Texts that whatever matches must hold. */
export type Literals =
  /** Nothing is known. */
  | { readonly kind: "none" }
  /** ASCII, letters in lower case. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "all"; readonly of: readonly Literals[] }
  | { readonly kind: "any"; readonly of: readonly Literals[] };

const NONE: Literals = { kind: "none" };

/** A single letter is in almost every message: looking for it costs more than it saves. */
const LEAST_UNITS = 2;
/** More texts than this take longer to look for than the expression itself. */
const MOST_ALTERNATIVES = 8;
const MOST_TOGETHER = 3;

// How the engine numbers the kinds of what it looks for first.
const EXACT = 1;
const AND = 2;
const OR = 3;

/**
 * Reads what the engine itself looks for before it runs. That is no published part of it, so
 * nothing is taken for granted: an unknown shape means that nothing is known.
 */
export function literalsOf(prefilter: unknown): Literals {
  if (typeof prefilter !== "object" || prefilter === null || !("type" in prefilter)) return NONE;
  if (prefilter.type === EXACT) return "str" in prefilter ? literal(prefilter.str) : NONE;
  if (!("subs" in prefilter) || !Array.isArray(prefilter.subs)) return NONE;
  const parts: readonly Literals[] = prefilter.subs.map(literalsOf);
  if (prefilter.type === AND) return together(parts);
  return prefilter.type === OR ? alternatives(parts) : NONE;
}

/** The longest run of ASCII: other letters may have another form in the text. */
function literal(text: unknown): Literals {
  if (typeof text !== "string") return NONE;
  const [longest = ""] = (text.match(/[\0-\x7f]+/g) ?? []).sort((a, b) => b.length - a.length);
  return longest.length < LEAST_UNITS ? NONE : { kind: "text", text: asciiLower(longest) };
}

function together(parts: readonly Literals[]): Literals {
  const of = parts
    .filter(({ kind }) => kind !== "none")
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, MOST_TOGETHER);
  const [only] = of;
  if (only === undefined) return NONE;
  return of.length === 1 ? only : { kind: "all", of };
}

function alternatives(parts: readonly Literals[]): Literals {
  const useless = parts.length > MOST_ALTERNATIVES || parts.some(({ kind }) => kind === "none");
  return useless ? NONE : { kind: "any", of: parts };
}

/** How much it rules out, as far as length tells. */
function weight(literals: Literals): number {
  switch (literals.kind) {
    case "none":
      return 0;
    case "text":
      return literals.text.length;
    case "all":
      return Math.max(...literals.of.map(weight));
    case "any":
      return Math.min(...literals.of.map(weight));
  }
}
