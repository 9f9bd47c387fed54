import { LOKI_LIMITS } from "../../limits.ts";

interface Part {
  /** Text that has to stand there; undefined for a capture. */
  readonly text: string | undefined;
  /** "" or `_` for a capture that nobody wants. */
  readonly name: string;
}

/** `<ip> - <_> "<method>` as parts. */
function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of pattern.matchAll(/<([a-zA-Z_][a-zA-Z0-9_]*)>/g)) {
    if (match.index > at) parts.push({ text: pattern.slice(at, match.index), name: "" });
    parts.push({ text: undefined, name: match[1] ?? "" });
    at = match.index + match[0].length;
  }
  if (at < pattern.length) parts.push({ text: pattern.slice(at), name: "" });
  return parts.slice(0, LOKI_LIMITS.stages);
}

export type PatternReader = (line: string, found: (name: string, value: string) => void) => void;

/** `| pattern`: each capture takes what stands before the next text. */
export function patternReader(pattern: string): PatternReader {
  const parts = partsOf(pattern);
  return (line, found) => {
    let at = 0;
    let name: string | undefined;
    for (const [place, part] of parts.entries()) {
      if (part.text === undefined) {
        name = part.name;
        continue;
      }
      const next = line.indexOf(part.text, at);
      if (next === -1 || (place === 0 && next !== 0)) break;
      if (name !== undefined && name !== "_") found(name, line.slice(at, next));
      name = undefined;
      at = next + part.text.length;
    }
    if (name !== undefined && name !== "_" && at <= line.length) found(name, line.slice(at));
  };
}

/** `|>`: whether the line holds the texts of a pattern in their order, `<_>` being anything. */
export function patternTest(pattern: string): (line: string) => boolean {
  const texts = pattern.split("<_>");
  return (line) => {
    let at = 0;
    for (const [place, text] of texts.entries()) {
      const last = place === texts.length - 1;
      if (last && place > 0) return line.length - text.length >= at && line.endsWith(text);
      const next = place === 0 ? (line.startsWith(text) ? 0 : -1) : line.indexOf(text, at);
      if (next === -1) return false;
      at = next + text.length;
    }
    return at === line.length;
  };
}
