/**
 * Finds its way in JSON text that may be cut, wrong or hostile, without building anything: a tap has to show what
 * no parser accepts. Every function walks forward only, so that a text of any shape takes linear time.
 */

const BLANK = /[ \t\r\n]/;

export function skipBlank(text: string, at: number): number {
  let next = at;
  while (next < text.length && BLANK.test(text.charAt(next))) next += 1;
  return next;
}

/** Behind the string that begins at `at`; the end of the text for one that does not close. */
export function endOfString(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next += 1) {
    const char = text.charCodeAt(next);
    if (char === 0x5c) next += 1;
    else if (char === 0x22) return next + 1;
  }
  return text.length;
}

/** Behind the value that begins at `at`: a container with all that is in it. */
export function endOfValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return endOfString(text, at);
  if (first === "{" || first === "[") return endOfContainer(text, at);
  let next = at;
  while (next < text.length && !/[,\]}\s]/.test(text.charAt(next))) next += 1;
  return next;
}

function endOfContainer(text: string, at: number): number {
  let depth = 0;
  for (let next = at; next < text.length; next += 1) {
    const char = text[next];
    if (char === '"') next = endOfString(text, next) - 1;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return next + 1;
    }
  }
  return text.length;
}

/** Start and end of each element of the array that the text is. */
export function elementsOf(text: string): [start: number, end: number][] {
  const places: [number, number][] = [];
  let at = skipBlank(text, 0) + 1;
  for (;;) {
    const start = skipBlank(text, at);
    if (start >= text.length || text[start] === "]") return places;
    const end = endOfValue(text, start);
    places.push([start, end]);
    at = skipBlank(text, end) + 1;
  }
}
