/**
 * Text in which letters of either case are the same. ASCII letters come from ASCII letters alone, so
 * that a look for ASCII text over bytes (`asciiLower`) finds the same as a look over folded text.
 */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  if (!STRANGER.test(text)) return lowerCase(text);
  return text
    .split(/([\u0130\u212a])/)
    .map((part) => (STRANGER.test(part) ? part : lowerCase(part)))
    .join("");
}

/** The dotted capital I and the Kelvin sign: their small forms are ASCII letters. */
const STRANGER = /[\u0130\u212a]/;

/** Sigma's small form depends on what follows it: one form for both. */
function lowerCase(text: string): string {
  return text.toLowerCase().replaceAll("ς", "σ");
}

export function isAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

const BEYOND_ASCII = /[^\0-\x7f]/;
