/** What stands in the place of a value that is not sent. */
export const REDACTED = "[REDACTED]";

/** Names whose values are not sent, as they read without case, `_`, `-` and spaces. */
const DEFAULT_NAMES = [
  "password",
  "passwords",
  "passwd",
  "pwd",
  "passphrase",
  "passcode",
  "token",
  "secret",
  "secrets",
  "secretkey",
  "secretaccesskey",
  "apikey",
  "apikeys",
  "accesskey",
  "privatekey",
  "signingkey",
  "encryptionkey",
  "authorization",
  "credential",
  "credentials",
  "cookie",
  "cookies",
];

export interface RedactOptions {
  /**
   * Further names whose values are not sent: a text matches in any case, with or without `_` and `-`,
   * and as the last words of a longer name (`email`: `Email`, `customer_email`, `customerEmail`); an
   * expression is tried on the name as it is.
   */
  readonly fields?: readonly (string | RegExp)[];
  /** Parts of messages and of texts at any depth that are replaced. An expression's time is the application's. */
  readonly patterns?: readonly RegExp[];
  /** False: only what `fields` names. */
  readonly defaults?: boolean;
}

/** Whether a key's value must not be sent. Its verdicts are kept by key, so it may take a microsecond. */
export type KeyTest = (key: string) => boolean;

export function createKeyTest({ fields = [], defaults = true }: RedactOptions = {}): KeyTest {
  const names = new Set(defaults ? DEFAULT_NAMES : []);
  const expressions: RegExp[] = [];
  for (const field of fields) {
    // Without `g` and `y`, which would make each test start where the one before ended.
    if (field instanceof RegExp) expressions.push(withFlags(field, ""));
    else names.add(wordsOf(String(field)).join(""));
  }
  names.delete("");
  return (key) => {
    // What holds a whole request as it went over the wire.
    if (defaults && key === "_header") return true;
    if (expressions.some((expression) => expression.test(key))) return true;
    const words = wordsOf(key);
    return words.some((_word, at) => names.has(words.slice(at).join("")));
  };
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

/** Replaces parts of a text. */
export type Scrub = (text: string) => string;

/** @returns undefined where there is nothing to replace */
export function createScrub({ patterns = [] }: RedactOptions = {}): Scrub | undefined {
  const expressions = patterns.map((pattern) => withFlags(pattern, "g"));
  if (expressions.length === 0) return undefined;
  return (text) =>
    expressions.reduce((rest, expression) => rest.replace(expression, REDACTED), text);
}

function withFlags(expression: RegExp, added: string): RegExp {
  return new RegExp(expression.source, expression.flags.replace(/[gy]/g, "") + added);
}
