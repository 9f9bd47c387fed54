// Where values end in a text that may be JSON inside a JSON string inside another: `slashes` is how many
// backslashes stand before a quote there, 0, 1, 3, 7 and so on.

/** The place of the quote that closes a string, before its backslashes; the text's end where none does. */
export function endOfString(text: string, inside: number, slashes: number, quote: string): number {
  let at = inside;
  for (;;) {
    const found = text.indexOf(quote, at);
    if (found === -1) return text.length;
    let first = found;
    while (first > inside && text[first - 1] === "\\") first -= 1;
    // Escaped ones have another backslash on each level; what is before those are backslashes of the value.
    const more = found - first - slashes;
    if (more >= 0 && more % (2 * (slashes + 1)) === 0) return found - slashes;
    if (more < 0) return first;
    at = found + 1;
  }
}

/** The place behind an object or a list; the text's end where it is cut. */
export function endOfNested(text: string, start: number, slashes: number): number {
  const token = /[{}[\]]|(?<!\\)\\*["']/g;
  token.lastIndex = start;
  let depth = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [what] = found;
    if (what === "{" || what === "[") depth += 1;
    else if (what === "}" || what === "]") {
      depth -= 1;
      if (depth === 0) return token.lastIndex;
    } else {
      const quote = what.at(-1) ?? "";
      token.lastIndex = endOfString(text, token.lastIndex, slashes, quote) + slashes + 1;
    }
  }
  return text.length;
}
