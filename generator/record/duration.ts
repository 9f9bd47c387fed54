const SYNTAX = /^([1-9]\d{0,5})(s|m|h|d|w)$/;
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of `90s`, `15m`, `12h`, `7d` or `2w`; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = SYNTAX.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (SECONDS[match[2] ?? ""] ?? 0);
}

/** Seconds of a duration that the schema has let through. Throws on any other text. */
export function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new RangeError(`${text} is no duration`);
  return seconds;
}
