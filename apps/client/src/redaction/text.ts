import { isSecretInQuery, type KeyTest } from "./key-test.ts";
import { withoutLooks, withoutPasswords } from "./looks.ts";
import { REDACTED } from "./redacted.ts";
import { endOfNested, endOfString } from "./value.ts";

/** Replaces parts of a text. */
export type Scrub = (text: string) => string;

/** Without one of these a text has nothing that is looked for: nearly all texts end here. */
const MAY_HOLD = /[:=]|["'],|--|<\/|eyJ|nlk_|bearer|basic/i;
const COLON = 0x3a;
const EQUALS = 0x3d;
const COMMA = 0x2c;
const NAME_UNITS = 128;
/** Verdicts of names that stood in texts. */
const KNOWN_NAMES = 1_024;

/**
 * Takes out of a text what gives away a secret by the name before it, or by its looks: see `texts`
 * among the rules in redaction.json. Linear in the text's length: what is walked back over, and what
 * is taken out, is never walked over again.
 */
export function createTextScrub(isSecret: KeyTest): Scrub {
  const names: Names = { isSecret: remembered(isSecret), isInQuery: remembered(isSecretInQuery) };
  return (text) => {
    if (!MAY_HOLD.test(text)) return text;
    const named = withoutPairs(withoutPasswords(text), names);
    return withoutLooks(withoutElements(withoutOptions(named, names), names));
  };
}

/** What is asked of names, its answers remembered. */
interface Names {
  readonly isSecret: KeyTest;
  readonly isInQuery: KeyTest;
}

/** The same test, its answers for so many names remembered. */
export function remembered(isSecret: KeyTest, most: number = KNOWN_NAMES): KeyTest {
  const verdicts = new Map<string, boolean>();
  return (name) => {
    const known = verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = isSecret(name);
    // Names that somebody makes up start it anew.
    if (verdicts.size >= most) verdicts.clear();
    verdicts.set(name, verdict);
    return verdict;
  };
}

/** A name that stands before `:` or `=`, or a string before `,`. */
interface Name {
  readonly text: string;
  readonly start: number;
  /** Its quote with the backslashes before it; empty where it has none. */
  readonly quote: string;
  /** The unit before it. */
  readonly before: string;
}

const SEPARATOR = /[:=]|(?<=["']),/g;

function withoutPairs(text: string, names: Names): string {
  let out = "";
  let copied = 0;
  SEPARATOR.lastIndex = 0;
  while (SEPARATOR.test(text)) {
    const at = SEPARATOR.lastIndex - 1;
    const separator = text.charCodeAt(at);
    const name = nameBefore(text, at, copied);
    if (name === undefined || !isMeant(name, separator, names)) continue;
    const value = separator === COMMA ? secondOfPair(text, at, name) : valueAfter(text, at, name);
    if (value === undefined) continue;
    out += text.slice(copied, value.start) + value.by;
    copied = value.end;
    SEPARATOR.lastIndex = copied;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

function isMeant({ text, quote, before }: Name, separator: number, names: Names): boolean {
  if (names.isSecret(text)) {
    // As parsers say it: `Unexpected token: }`.
    return separator !== COLON || quote !== "" || text.toLowerCase() !== "token";
  }
  return separator === EQUALS && (before === "?" || before === "&") && names.isInQuery(text);
}

function nameBefore(text: string, separator: number, from: number): Name | undefined {
  let end = separator;
  while (end > from && isBlank(text.charCodeAt(end - 1)) && separator - end < 4) end -= 1;
  // Of a form: `user[password]=`, also `user%5Bpassword%5D=`.
  if (text[end - 1] === "]") end -= 1;
  else if ((text.charCodeAt(end - 1) | 0x20) === 0x64 && text[end - 3] === "%") end -= 3;
  const last = text[end - 1];
  let start = end;
  if (last !== '"' && last !== "'") {
    let isNumber = true;
    while (start > from) {
      const unit = text.charCodeAt(start - 1);
      if (!isNameUnit(unit)) break;
      if (unit > 0x39) isNumber = false;
      start -= 1;
    }
    // Nearly all are times, or none: `12:30:05`.
    if (isNumber) return undefined;
    const most = Math.max(start, end - NAME_UNITS);
    return { text: text.slice(most, end), start, quote: "", before: text[start - 1] ?? "" };
  }
  end -= 1;
  const closed = end;
  while (end > from && text[end - 1] === "\\") end -= 1;
  start = text.lastIndexOf(last, end - 1);
  if (start < from || end - start - 1 > NAME_UNITS || end <= start + 1) return undefined;
  const name = text.slice(start + 1, end);
  return { text: unescaped(name), start, quote: text.slice(end, closed) + last, before: "" };
}

/** A name as a parser reads it: `pass\u0077ord` is a password too. */
function unescaped(name: string): string {
  return name.replace(/\\+u([0-9a-f]{4})/gi, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

interface Replaced {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

const LITERAL = /(?:null|true|false|None|True|False)(?![\w.-])/y;
const BARE = /(?:(?:Bearer|Basic|ApiKey|Token|Digest)[ \t]{1,4})?[^\s,;&"'}\])]+/iy;
const LINE = /Digest[^\r\n]*|[^\r\n"'`]*[^\s"'`]/iy;
const OPENING = /[bru]{0,2}(\\{0,15})(["'])/iy;

/** What stands for the value behind a separator; undefined where there is none that must go. */
function valueAfter(text: string, separator: number, name: Name): Replaced | undefined {
  const start = startOfValue(text, separator, name.quote !== "");
  if (start === undefined) return undefined;
  const [opening, slashes = "", quote = ""] = matchAt(OPENING, text, start) ?? [];
  if (opening !== undefined) {
    const inside = start + opening.length;
    return { start: inside, end: endOfString(text, inside, slashes.length, quote), by: REDACTED };
  }
  if (text.startsWith(REDACTED, start)) return undefined;
  const by = name.quote + REDACTED + name.quote;
  const unit = text[start];
  if (unit === "{" || unit === "[")
    return { start, end: endOfNested(text, start, Math.max(0, name.quote.length - 1)), by };
  if (matchAt(LITERAL, text, start) !== undefined) return undefined;
  const isLine =
    name.quote === "" && text[separator] === ":" && /(?:authorization|cookies?)$/i.test(name.text);
  const [bare] = matchAt(isLine ? LINE : BARE, text, start) ?? [];
  return bare === undefined ? undefined : { start, end: start + bare.length, by };
}

const VALUE_KEY = /(?:\\{0,15}["'])?values?(?:\\{0,15}["'])?\s{0,4}(?=:)/y;
const OPEN_LIST = /[[(]\s{0,4}\\{0,15}$/;

/** Of a list of two strings, of `"name": "…", "value": …`, and what follows an option in a list. */
function secondOfPair(text: string, comma: number, name: Name): Replaced | undefined {
  const start = startOfValue(text, comma, true) ?? comma;
  const [key] = matchAt(VALUE_KEY, text, start) ?? [];
  if (key !== undefined) return valueAfter(text, start + key.length, name);
  const isOption = name.text.startsWith("-");
  if (!isOption && !OPEN_LIST.test(text.slice(Math.max(0, name.start - 20), name.start)))
    return undefined;
  const value = valueAfter(text, comma, name);
  if (value === undefined || !text.startsWith(name.quote, start)) return undefined;
  const behind = value.end + name.quote.length;
  const isLast = /^\s{0,4}[\])]/.test(text.slice(behind, behind + 5));
  return isOption || isLast ? value : undefined;
}

function startOfValue(text: string, separator: number, isQuoted: boolean): number | undefined {
  let at = separator + 1;
  const next = text[at];
  if (text[separator] === ":") {
    if (next === ":" || text.startsWith("//", at)) return undefined;
    if (next === "=") at += 1;
  } else if (next === "=" || next === ">") at += 1;
  const most = at + (isQuoted ? 64 : 8);
  while (at < most) {
    const unit = text.charCodeAt(at);
    if (!isBlank(unit) && !(isQuoted && (unit === 0x0a || unit === 0x0d))) break;
    at += 1;
  }
  return at;
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at;
  return expression.exec(text) ?? undefined;
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

/** Letters, digits, `_`, `-`, `.`, and what is beyond ASCII. */
function isNameUnit(unit: number): boolean {
  if (unit >= 0x61) return unit <= 0x7a || unit >= 0x80;
  if (unit >= 0x41) return unit <= 0x5a || unit === 0x5f;
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x2d || unit === 0x2e;
}

const OPTION = /(?<![\w-])(--([a-z][\w-]{0,63})[ \t]{1,4})("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)/gi;

function withoutOptions(text: string, names: Names): string {
  if (!text.includes("--")) return text;
  return text.replace(OPTION, (match, option: string, name: string) =>
    names.isSecret(name) ? option + REDACTED : match,
  );
}

const ELEMENT = /<([a-z][\w:.-]{0,63})(?:\s[^<>]{0,200})?>([^<>]+)(?=<\/)/gi;

/** Of XML: `<password>…</password>`. */
function withoutElements(text: string, names: Names): string {
  if (!text.includes("</")) return text;
  return text.replace(ELEMENT, (match, name: string, inner: string) =>
    names.isSecret(name) ? match.slice(0, -inner.length) + REDACTED : match,
  );
}
