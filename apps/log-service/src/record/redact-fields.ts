import { REDACTED, type TextRule } from "./redact-presets.ts";
import type { JsonValue } from "./record.ts";

/**
 * Whether a metadata key names a field that is not stored: in any case, and also as the last step of
 * a flattened path (`http.request.header.authorization`).
 */
export type FieldTest = (key: string) => boolean;

export function createFieldTest(names: readonly string[]): FieldTest {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return (key) => {
    const lower = key.toLowerCase();
    return wanted.has(lower) || wanted.has(lower.slice(lower.lastIndexOf(".") + 1));
  };
}

/**
 * Takes out what a text gives such a field: `password=x`, `"password": "x"`, `Authorization: Bearer x`,
 * also inside JSON that stands escaped in a text.
 *
 * Linear: a name's value, once begun, cannot fail, so no place is read twice; an open quote reaches
 * to the end of the text, because what it hides is a value for all that we know.
 */
export function fieldsInText(names: readonly string[]): TextRule {
  const alternatives = [...names]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[^A-Za-z0-9_]/g, String.raw`\$&`))
    .join("|");
  const rule = new RegExp(
    String.raw`(?<![\w-])(${alternatives})(\\{0,7}["']?[ \t]{0,8}(?:=>|[:=])[ \t]{0,8})` +
      `(?:${ESCAPED}|${QUOTED}|${SINGLE}|${NESTED}|${BARE})`,
    "gis",
  );
  return (text) =>
    text.replace(rule, (match, name: string, between: string) => {
      const before = name.length + between.length;
      const quote = OPENING.exec(match.slice(before, before + 8))?.[0] ?? "";
      return match.slice(0, before) + quote + REDACTED;
    });
}

// What a value may be, up to the quote that closes it, which stays: JSON in a text stays JSON.
const ESCAPED = String.raw`(\\{1,7})"(?:(?!(?<!\\)\3").)*`;
const QUOTED = String.raw`"[^"\\]*(?:\\.?[^"\\]*)*`;
const SINGLE = String.raw`'[^']*`;
// Where an object or a list ends, no expression can tell: the line goes.
const NESTED = String.raw`[{[][^\n]*`;
const BARE = String.raw`(?:(?:Bearer|Basic|ApiKey|Token|Digest)[ \t]{1,4})?[^\s"'][^\s,;&"'}\])]*`;
const OPENING = /^\\*["']/;

/**
 * A value without the fields that are not stored and with each of its texts cleaned. Answers the
 * very value where nothing changed, so that nothing has to be written again.
 */
export function redactValue(value: JsonValue, isSecret: FieldTest, clean: TextRule): JsonValue {
  if (typeof value === "string") return clean(value);
  if (typeof value === "number") {
    // A card's number may come as one; anything shorter is nothing that a rule is made for.
    if (value < 1e6 && value > -1e6) return value;
    const text = String(value);
    const cleaned = clean(text);
    return cleaned === text ? value : cleaned;
  }
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) {
    const items = value.map((item) => redactValue(item, isSecret, clean));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  let changed: [string, JsonValue][] | undefined;
  const entries = Object.entries(value);
  for (const [at, [key, inner]] of entries.entries()) {
    const kept = isSecret(key) ? REDACTED : redactValue(inner, isSecret, clean);
    if (kept === inner) continue;
    changed ??= [...entries];
    changed[at] = [key, kept];
  }
  return changed === undefined ? value : Object.fromEntries(changed);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
