/**
 * A token is a maximal run of ASCII letters, digits, `_` and anything beyond ASCII; its ASCII
 * letters in lower case. Blocks and queries cut text by this one rule, or a filter would lie.
 */

/** Text with its ASCII letters in lower case; letters beyond ASCII stay, as bytes are compared. */
export function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : text;
}

/** Whether a UTF-16 unit belongs to a token. */
export function isTokenUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) ||
    (unit >= 0x30 && unit <= 0x39) ||
    (unit >= 0x41 && unit <= 0x5a) ||
    unit === 0x5f ||
    unit >= 0x80
  );
}

const TOKEN = /[A-Za-z0-9_\u0080-\uffff]+/g;

/** The tokens of a text in order, lower-cased; the same one may come twice. */
export function tokensOf(text: string): string[] {
  return asciiLower(text).match(TOKEN) ?? [];
}
