import { NAMES } from "./names.ts";

export interface RedactOptions {
  /**
   * Further names whose values are not sent: a text matches in any case, with or without `_` and `-`,
   * and as the last words of a longer name (`email`: `Email`, `customer_email`, `customerEmail`); an
   * expression is tried on the name as it is.
   */
  readonly fields?: readonly (string | RegExp)[];
  /** Parts of messages and of texts at any depth that are replaced. An expression's time is the application's. */
  readonly patterns?: readonly RegExp[];
  /** False: only what `fields` and `patterns` name; texts are not searched for secrets of other names either. */
  readonly defaults?: boolean;
}

/** Whether a key's value must not be sent. Callers keep its verdicts by key: it takes a microsecond or two. */
export type KeyTest = (key: string) => boolean;

const EXACT = new Set<string>(NAMES.exact);
const WHOLE = new Set<string>(NAMES.whole);
const OPEN = new Set<string>(NAMES.open);
const LAST_WORDS = new Set<string>(NAMES.wordsAtEnd);
const TAILS = new Set<string>(NAMES.tails);
const ENDING = new RegExp(`(?:${NAMES.endings.join("|")})$`);
const QUERY = new Set<string>(NAMES.query);
/** Without one of these inside, joined, a name is no secret's: found out in a tenth of the time that its words take. */
const HINT = new RegExp([...NAMES.whole, ...NAMES.endings, ...NAMES.wordsAtEnd].join("|"));

export function createKeyTest({ fields = [], defaults = true }: RedactOptions = {}): KeyTest {
  const added = new Set<string>();
  const expressions: RegExp[] = [];
  for (const field of fields) {
    // Without `g` and `y`, which would make each test start where the one before ended.
    if (field instanceof RegExp) expressions.push(withFlags(field, ""));
    else added.add(wordsOf(String(field)).join(""));
  }
  added.delete("");
  return (key) => {
    if (expressions.some((expression) => expression.test(key))) return true;
    if (added.size > 0 && endsInOne(wordsOf(key), added)) return true;
    return (
      defaults && (EXACT.has(key) || (HINT.test(joined(key)) && isSecretByDefault(wordsOf(key))))
    );
  };
}

/** Whether a name in the query of an address is a secret's there, and nowhere else. */
export function isSecretInQuery(name: string): boolean {
  return endsInOne(wordsOf(name), QUERY);
}

/** Whether a name is that of what holds names and values by turns: `rawHeaders`, `trailers`. */
export function holdsHeaders(name: string): boolean {
  return /headers$|trailers$/.test(wordsOf(name).at(-1) ?? "");
}

function isSecretByDefault(words: readonly string[]): boolean {
  if (endsInOne(words, OPEN)) return false;
  if (WHOLE.has(words.join(""))) return true;
  let length = words.length;
  while (length > 1 && isTail(words[length - 1] ?? "")) length -= 1;
  const last = words[length - 1] ?? "";
  const rest = words.slice(0, length - 1);
  // A last word of digits alone is the name's only word.
  rest.push(/^\d*$/.test(last) ? last : last.replace(/(?<!\d)\d+$/, ""));
  return ENDING.test(rest.join("")) || endsInOne(rest, LAST_WORDS);
}

function isTail(word: string): boolean {
  return TAILS.has(word) || /^\d+$/.test(word);
}

function endsInOne(words: readonly string[], names: ReadonlySet<string>): boolean {
  let end = "";
  for (let at = words.length - 1; at >= 0; at -= 1) {
    end = (words[at] ?? "") + end;
    if (names.has(end)) return true;
  }
  return false;
}

function joined(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

/** `stripe.ApiKey`, `STRIPE_API_KEY` and `stripe-api-key` are the words stripe, api, key. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

export function withFlags(expression: RegExp, added: string): RegExp {
  return new RegExp(expression.source, expression.flags.replace(/[gy]/g, "") + added);
}
