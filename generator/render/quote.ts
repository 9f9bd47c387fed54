// The one way from a value into YAML. Whatever stands in a record, its text stays one scalar: strings are always in
// double quotes, so they can neither end early, nor begin a mapping, nor turn into a number, a date or a boolean.

/** What a template may print. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

type Collection = Extract<YamlValue, object>;

/**
 * YAML for a value, to stand after `key: ` or `- `; with `indent`, a list or map to stand after `key:`, on lines of its
 * own that are so many columns deep. Throws a TypeError for anything that YAML, or Kubernetes, could read otherwise.
 */
export function yaml(value: YamlValue, indent?: number): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return String(value);
  if (indent === undefined) throw new TypeError("a list or map needs the indentation it begins at");
  if (isEmpty(value)) return ` ${empty(value)}`;
  return block(value, `\n${" ".repeat(indent)}`);
}

/** A text of several lines as a literal block, for files inside a ConfigMap: readable where that is safe, quoted where not. */
export function yamlText(text: string, indent: number): string {
  // A leading blank would set the block's indentation, a trailing one would be lost; anything beyond ASCII is not worth the doubt.
  if (!/^[!-~][ -~\n]*\n$/.test(text) || text.endsWith("\n\n")) return quoted(text);
  const margin = " ".repeat(indent);
  return `|\n${text
    .slice(0, -1)
    .split("\n")
    .map((line) => (line === "" ? "" : margin + line))
    .join("\n")}`;
}

/** JSON's escapes are YAML's; but JSON leaves characters alone that YAML takes for line breaks or forbids. */
function quoted(text: string): string {
  // Nearly every string is plain, and needs no second pass.
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  if (!text.isWellFormed())
    throw new TypeError("a string holds half of a surrogate pair, which YAML cannot write");
  return JSON.stringify(text).replace(
    unsafe,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

// DEL and the C1 controls (U+0085 is a line break), the Unicode line breaks, the byte order mark and its mirror, and
// the marks that turn the direction of text around: a reviewer has to see what is there.
const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

function number(value: number): string {
  // 1e21 and NaN are words to Kubernetes, and beyond 2^53 a number is no longer the one that was written.
  if (!Number.isSafeInteger(value))
    throw new TypeError(`${value} is not a whole number that YAML keeps exactly`);
  return String(value);
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

const isEmpty = (value: Collection): boolean =>
  isList(value) ? value.length === 0 : Object.keys(value).length === 0;

const empty = (value: Collection): string => (isList(value) ? "[]" : "{}");

/** A collection that is not empty; every line of it begins with `margin`, a line break and blanks. */
function block(value: Collection, margin: string): string {
  const inner = `${margin}  `;
  if (isList(value)) {
    // What the dash stands for takes the place of the first line's two blanks more.
    return value.map((item) => `${margin}- ${nested(item, inner, inner.length)}`).join("");
  }
  return Object.entries(value)
    .map(([key, item]) => `${margin}${mapKey(key)}:${nested(item, inner, 0)}`)
    .join("");
}

function nested(value: YamlValue, margin: string, cut: number): string {
  if (typeof value === "object" && !isEmpty(value)) return block(value, margin).slice(cut);
  const word = typeof value === "object" ? empty(value) : yaml(value);
  return cut === 0 ? ` ${word}` : word;
}

/** Plain words stay plain; what some YAML reader takes for a boolean, a number or a null is quoted like a value. */
function mapKey(key: string): string {
  const known = mapKeys.get(key);
  if (known !== undefined) return known;
  const isPlain =
    /^[A-Za-z][\w./-]*$/.test(key) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(key);
  const text = isPlain ? key : quoted(key);
  mapKeys.set(key, text);
  return text;
}

/** Keys are few, and each comes thousands of times. */
const mapKeys = new Map<string, string>();
