import { LIMITS } from "../limits.ts";
import { endOfString, endOfValue, skipBlank } from "./json-text.ts";

export const REDACTED = "[REDACTED]";

/** Ends of the names of fields that hold secrets, in small letters without `-` and `_`. */
const SECRET_FIELDS = [
  "password",
  "passwd",
  "passphrase",
  "pwd",
  "token",
  "apikey",
  "authorization",
  "secret",
  "cookie",
  "privatekey",
  "accesskey",
  "credential",
  "credentials",
];

/** MCP's own fields that end like a secret's and are none: without them nobody could follow a request. */
const OPEN_FIELDS = new Set(["progresstoken"]);

/** Secrets that are known by how they look. A token begins a word: tried within one, `eyJ-eyJ-…` takes quadratic time. */
const SECRET_LOOKS =
  /\bnlk_[A-Za-z0-9_-]{20,}|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|(?<=\b(?:bearer|basic)\s{1,4})[A-Za-z0-9._~+/=-]{16,}/gi;

/** Without one there is no JSON in a string; some serializers write it by its number. */
const QUOTE_IN_STRING = /\\(?:"|u0022)/;

/** Under these names of a JSON Schema the names are those of fields, and what they hold describes the fields. */
const SCHEMA_MAPS = new Set(["properties", "patternProperties", "$defs", "definitions"]);

/**
 * Takes secrets out of a message's text and leaves every other character as it came, whether or not the text is
 * JSON, also where it was cut: the values of fields with a secret's name at any depth, also in JSON inside of a
 * string, and whatever looks like a key. The schema of a field `password` is no secret and stays.
 */
export class Redactor {
  readonly #fields: readonly string[];

  /** @param fields Further names; they match as the ends of names, `-`, `_` and case aside. */
  constructor(fields: readonly string[] = []) {
    this.#fields = [...SECRET_FIELDS, ...fields.map(plain).filter((field) => field !== "")];
  }

  redact(text: string): string {
    return this.#byName(text, LIMITS.nestedTexts).replace(SECRET_LOOKS, REDACTED);
  }

  #isSecret(name: string): boolean {
    const field = plain(unescaped(name));
    return !OPEN_FIELDS.has(field) && this.#fields.some((secret) => field.endsWith(secret));
  }

  #byName(text: string, depth: number): string {
    let out = "";
    let copied = 0;
    const replace = (start: number, end: number, by: string) => {
      out += text.slice(copied, start) + by;
      copied = end;
    };
    // For each object or array that is open: whether its names are those of a schema's fields.
    const open: boolean[] = [];
    let isMap = false;
    for (let at = 0; at < text.length;) {
      const char = text[at];
      if (char === "{" || char === "[") {
        open.push(isMap && char === "{");
        isMap = false;
      } else if (char === "}" || char === "]") open.pop();
      if (char !== '"') {
        at += 1;
        continue;
      }
      const end = endOfString(text, at);
      const colon = skipBlank(text, end);
      if (text[colon] !== ":") {
        const inner = this.#inString(text.slice(at, end), depth);
        if (inner !== undefined) replace(at, end, inner);
        at = end;
        continue;
      }
      const name = text.slice(at + 1, end - 1);
      const value = skipBlank(text, colon + 1);
      const describes = open.at(-1) === true && text[value] === "{";
      if (!describes && value < text.length && this.#isSecret(name)) {
        const valueEnd = endOfValue(text, value);
        if (!/^(?:null|true|false)$/.test(text.slice(value, Math.min(valueEnd, value + 6))))
          replace(value, valueEnd, `"${REDACTED}"`);
        at = valueEnd;
        continue;
      }
      isMap = SCHEMA_MAPS.has(name) && text[value] === "{";
      at = value;
    }
    return out + text.slice(copied);
  }

  /** A string that holds JSON with a secret, without it; undefined where nothing changes. */
  #inString(quoted: string, depth: number): string | undefined {
    if (depth === 0 || !QUOTE_IN_STRING.test(quoted)) return undefined;
    const inner = unquoted(quoted);
    const clean = this.#byName(inner, depth - 1);
    return clean === inner ? undefined : JSON.stringify(clean);
  }
}

/** What a JSON string says, also one that was cut, in the middle of an escape or before its end. */
function unquoted(quoted: string): string {
  let at = 1;
  while (at < quoted.length && quoted[at] !== '"') {
    const next = at + (quoted[at] !== "\\" ? 1 : quoted[at + 1] === "u" ? 6 : 2);
    if (next > quoted.length) break;
    at = next;
  }
  const whole = quoted.slice(0, at);
  try {
    const text: unknown = JSON.parse(`${whole}"`);
    return String(text);
  } catch {
    // No JSON after all: what matters is that quotes are seen as quotes.
    return whole.slice(1).replaceAll(/\\(["\\/])/g, "$1");
  }
}

/** A name as a parser reads it: `pass\u0077ord` is a password too. */
function unescaped(name: string): string {
  if (!name.includes("\\")) return name;
  try {
    return String(JSON.parse(`"${name}"`));
  } catch {
    return name;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
