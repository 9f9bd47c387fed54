import {
  createKeyTest,
  createTextScrub,
  holdsHeaders,
  REDACTED,
  remembered,
  type KeyTest,
  type Scrub,
  withoutTokens,
} from "@neurallog/client/redaction";

import { LIMITS } from "../limits.ts";
import { endOfString, endOfValue, skipBlank } from "./json-text.ts";
import { unescaped, unquoted } from "./quoted.ts";

export { REDACTED };

/** Without one there is no JSON in a string; some serializers write it by its number. */
const QUOTE_IN_STRING = /\\(?:"|u0022)/;
const JSON_BEGINS = /^\s*[{[]/;
/** All that JSON has of letters outside of strings. */
const WORD = /true|false|null|(?<=\d)e/iy;
const LITERAL = /^(?:null|true|false)$/;
/** Under these names of a JSON Schema the names are those of fields, and what they hold describes the fields. */
const SCHEMA_MAPS = new Set(["properties", "patternProperties", "$defs", "definitions"]);
/** Lists of a JSON Schema that hold names. */
const SCHEMA_LISTS = new Set(["required", "enum"]);
/** In an object these say what its `value` is. */
const NAMING = new Set(["name", "key", "header", "field"]);
const VALUES = new Set(["value", "values"]);
const LONGEST_NAMING = 6;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/** An object or an array that is open. */
interface Open {
  readonly isList: boolean;
  /** Its names are those of a schema's fields. */
  readonly isMap: boolean;
  /** Names of headers and their values by turns. */
  readonly isHeaders: boolean;
  /** Whether nothing in it follows a name that it would be the value of. */
  readonly isNames: boolean;
  /** Whether it is the value of its parent's `value`. */
  readonly isValue: boolean;
  readonly start: number;
  /** Of a list: how many elements there were, and what the last one is the name of. */
  count: number;
  before: "option" | "secret" | undefined;
  /** Of an object: whether it names a secret, and where its `value` is. */
  namesSecret: boolean;
  value: readonly [start: number, end: number] | undefined;
}

/**
 * Takes secrets out of a message's text and leaves every other character as it came, whether or not the text is
 * JSON, also where it was cut. What a secret is says the list that the clients have too; JSON in strings and texts
 * within are searched as theirs are. The schema of a field `password` is no secret and stays, so do null, true and
 * false.
 */
export class Redactor {
  readonly #isSecret: KeyTest;
  readonly #scrub: Scrub;

  /** @param fields Further names; they match as the last words of names, `-`, `_` and case aside. */
  constructor(fields: readonly string[] = []) {
    this.#isSecret = remembered(createKeyTest({ fields }), LIMITS.knownNames);
    this.#scrub = createTextScrub(this.#isSecret);
  }

  redact(text: string): string {
    const clean = JSON_BEGINS.test(text) ? this.#json(text, LIMITS.nestedTexts) : this.#scrub(text);
    return withoutTokens(clean);
  }

  #json(text: string, depth: number): string {
    const edits: Edit[] = [];
    const open: Open[] = [];
    let isMap = false;
    let isHeaders = false;
    let isNames = false;
    let isValue = false;
    let isJson = true;
    for (let at = 0; at < text.length;) {
      const char = text.charAt(at);
      if (isBetween(char)) {
        at += 1;
        continue;
      }
      const top = open.at(-1);
      const isElement = top?.isList === true && char !== "]";
      if (isElement && mustGo(top)) {
        const end = endOfValue(text, at);
        edits.push({ start: at, end, by: `"${REDACTED}"` });
        endElement(top, undefined);
        at = Math.max(end, at + 1);
        continue;
      }
      const isPair = isElement && mayBePair(top);
      if (char === "{" || char === "[") {
        if (isElement) endElement(top, undefined);
        isValue ||= isPair;
        const isList = char === "[";
        open.push({
          isList,
          start: at,
          isMap: isMap && !isList,
          isHeaders,
          isNames,
          isValue,
          count: 0,
          before: undefined,
          namesSecret: false,
          value: undefined,
        });
        isMap = isHeaders = isNames = isValue = false;
        at += 1;
        continue;
      }
      if (char === "}" || char === "]") {
        open.pop();
        const parent = open.at(-1);
        if (top?.isValue === true && parent !== undefined) parent.value = [top.start, at + 1];
        if (top !== undefined) edits.push(...secretIn(top));
        at += 1;
        continue;
      }
      if (char !== '"') {
        WORD.lastIndex = at;
        const [word] = WORD.exec(text) ?? [];
        if (word === undefined && !/[\d.+-]/.test(char)) isJson = false;
        const next = isElement ? Math.max(endOfValue(text, at), at + 1) : at + (word?.length ?? 1);
        if (isPair) top.value = [at, next];
        if (isElement) endElement(top, undefined);
        at = next;
        continue;
      }
      const end = endOfString(text, at);
      const colon = skipBlank(text, end);
      if (text[colon] !== ":" || top?.isList === true) {
        const inner = this.#inString(text.slice(at, end), depth);
        if (inner !== undefined) edits.push({ start: at, end, by: inner });
        if (isPair) top.value = [at, end];
        if (isElement) endElement(top, this.#named(text.slice(at + 1, end - 1)));
        at = end;
        continue;
      }
      const name = unescaped(text.slice(at + 1, end - 1));
      const value = skipBlank(text, colon + 1);
      const isObject = text[value] === "{";
      const lower = name.length > LONGEST_NAMING ? "" : name.toLowerCase();
      const isValueOf = VALUES.has(lower);
      const isHidden =
        (this.#isSecret(name) && !(top?.isMap === true && isObject)) ||
        (isValueOf && top?.namesSecret === true);
      if (isHidden && value < text.length) {
        const valueEnd = endOfValue(text, value);
        if (!LITERAL.test(text.slice(value, Math.min(valueEnd, value + 6))))
          edits.push(edit([value, valueEnd]));
        at = Math.max(valueEnd, value + 1);
        continue;
      }
      const isContainer = isObject || text[value] === "[";
      if (top !== undefined && isValueOf && !isContainer)
        top.value = [value, endOfValue(text, value)];
      if (top !== undefined && NAMING.has(lower) && text[value] === '"') {
        const named = text.slice(value + 1, Math.max(value + 1, endOfString(text, value) - 1));
        top.namesSecret ||= this.#named(named) !== undefined;
      }
      isMap = SCHEMA_MAPS.has(name) && isObject;
      isHeaders = text[value] === "[" && holdsHeaders(name);
      isNames = SCHEMA_LISTS.has(name);
      isValue = isValueOf && isContainer;
      at = value;
    }
    for (const [at, cut] of open.entries()) {
      const parent = open[at - 1];
      if (cut.isValue && parent !== undefined) parent.value = [cut.start, text.length];
    }
    for (const cut of open) edits.push(...secretIn(cut));
    const clean = edited(text, edits);
    return isJson ? clean : this.#scrub(clean);
  }

  /** What a text is the name of: a secret, or the option of a command line that is followed by one. */
  #named(text: string): Open["before"] {
    if (text.length > LIMITS.fieldUnits) return undefined;
    const name = unescaped(text);
    if (!this.#isSecret(name.replace(/^-+/, ""))) return undefined;
    return /^--?[^=]*$/.test(name) ? "option" : "secret";
  }

  /** A string without the secrets in it; undefined where nothing changes. */
  #inString(quoted: string, depth: number): string | undefined {
    const inner = quoted.includes("\\") ? unquoted(quoted) : quoted.slice(1).replace(/"$/, "");
    const isJson = depth > 0 && QUOTE_IN_STRING.test(quoted) && JSON_BEGINS.test(inner);
    const clean = isJson ? this.#json(inner, depth - 1) : this.#scrub(inner);
    return clean === inner ? undefined : JSON.stringify(clean);
  }
}

/** What stands between the values and names of JSON. */
function isBetween(char: string): boolean {
  return (
    char === "," || char === ":" || char === " " || char === "\n" || char === "\r" || char === "\t"
  );
}

/** Whether the next element of a list is the value of the one before it. */
function mustGo({ before, isNames, isHeaders, count }: Open): boolean {
  if (before === undefined || isNames) return false;
  return before === "option" || (isHeaders && count % 2 === 1);
}

/** Whether it is if the list ends with it: in longer ones names stand beside each other. */
function mayBePair({ before, isNames, count }: Open): boolean {
  return before !== undefined && !isNames && count === 1;
}

/** What an object or a list shows to be a secret when it ends, or is cut. */
function secretIn({ isList, count, namesSecret, value }: Open): Edit[] {
  return value !== undefined && (isList ? count === 2 : namesSecret) ? [edit(value)] : [];
}

function endElement(list: Open | undefined, before: Open["before"]): void {
  if (list === undefined) return;
  list.count += 1;
  list.before = before;
}

function edit([start, end]: readonly [start: number, end: number]): Edit {
  return { start, end, by: `"${REDACTED}"` };
}

/** What is inside of what goes, goes with it. */
function edited(text: string, edits: Edit[]): string {
  let out = "";
  let copied = 0;
  // Of two for the same place the later one knows more.
  const inOrder = edits.toReversed().toSorted((a, b) => a.start - b.start || b.end - a.end);
  for (const { start, end, by } of inOrder) {
    if (start < copied) continue;
    out += text.slice(copied, start) + by;
    copied = end;
  }
  return out + text.slice(copied);
}
