const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,9})?$/;

/**
 * What an unquoted scalar means: one rule for both readers, and the narrowest one. `012`, `0x1f`,
 * `1_000`, `True` and `2026-01-01` differ between YAML versions, so here they stay text, which no
 * check takes for a number, a boolean or a date object.
 */
export function resolvePlain(text: string): string | number | boolean | null {
  if (text === "true") return true;
  if (text === "false") return false;
  if (text === "" || text === "null" || text === "~") return null;
  return NUMBER.test(text) ? Number(text) : text;
}

const WORDS = ["y", "n", "yes", "no", "on", "off"];

/** Booleans for YAML 1.1 alone, in each of its spellings: Norway's country code is the classic. */
export const AMBIGUOUS: ReadonlySet<string> = new Set(
  [...WORDS, "true", "false"]
    .flatMap((word) => [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()])
    .filter((word) => word !== "true" && word !== "false"),
);
