/** Finds parts of a text that must not be stored, and answers the text without them. */
export type TextRule = (text: string) => string;

/** What stands in the place of what was taken out. */
export const REDACTED = "[REDACTED]";

/**
 * What many want to keep out of logs. Each runs in linear time: what a rule repeats is bounded, or
 * cannot fail after it.
 */
export const PRESETS = {
  "bearer-tokens": (text) => text.replace(BEARER, `$1 ${REDACTED}`),
  "json-web-tokens": (text) => (text.includes("eyJ") ? text.replace(JWT, REDACTED) : text),
  "card-numbers": (text) => text.replace(CARD, (digits) => (isCard(digits) ? REDACTED : digits)),
  "email-addresses": (text) => (text.includes("@") ? text.replace(EMAIL, REDACTED) : text),
} as const satisfies Record<string, TextRule>;

export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = [
  "bearer-tokens",
  "json-web-tokens",
  "card-numbers",
  "email-addresses",
] as const;

// What headers hold after their scheme, however it is quoted: `Bearer abc`, `Basic YTpi`.
const BEARER = /\b(Bearer|Basic|ApiKey) {1,4}[A-Za-z0-9._~+/=-]{8,}/gi;

// The first part of every JSON object begins with `{"`, which is eyJ in base64.
const JWT = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g;

// 12 to 19 digits in groups as people and machines write them. Nothing before it may be a digit or a
// dot, or the tail of a long number would be tried at each of its digits.
const CARD = /(?<![\d.])\d(?:[ -]?\d){11,18}(?!\d)/g;

// The part before the @ is bounded as RFC 5321 bounds it, so that each place is tried in 64 steps.
const EMAIL = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g;

/** By Luhn's check digit: nine of ten numbers of that length are something else. */
function isCard(text: string): boolean {
  let sum = 0;
  let double = false;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0) continue;
    const value = double ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    double = !double;
  }
  return sum % 10 === 0;
}
