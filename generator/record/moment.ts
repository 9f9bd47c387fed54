const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2})$/;

/** A day, at its beginning in UTC, or a moment of RFC 3339, in UTC with milliseconds; undefined when it is neither. */
export function parseMoment(text: string): string | undefined {
  if (!DAY.test(text) && !MOMENT.test(text)) return undefined;
  const day = text.slice(0, 10);
  const start = new Date(`${day}T00:00:00Z`);
  // 2026-02-30 would become the second of March.
  if (Number.isNaN(start.getTime()) || !start.toISOString().startsWith(day)) return undefined;
  const time = Date.parse(DAY.test(text) ? `${text}T00:00:00Z` : text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** A moment that the schema has let through. Throws on any other text. */
export function moment(text: string): string {
  const found = parseMoment(text);
  if (found === undefined) throw new RangeError(`${text} is no moment`);
  return found;
}
