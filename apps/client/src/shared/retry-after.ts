/**
 * How long a `Retry-After` asks to wait, in milliseconds: it has seconds or a date.
 * @returns undefined where there is none, or what is neither
 */
export function readRetryAfter(header: string | null | undefined): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
  // Date.parse takes nearly every number for a year or a month; a date of HTTP names its month.
  const at = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
