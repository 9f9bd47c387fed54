type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context?: { source?: string },
) => unknown;

/**
 * A reviver for JSON.parse by which integers beyond 2^53 stay as they were written: nanoseconds and snowflake ids would
 * lose their last digits. Undefined for a text that has none, as nearly all have: reviving takes five times as long.
 */
export function longNumbers(text: string): Reviver | undefined {
  // Digits inside quotes are text already.
  if (!/[:,[\s]-?\d{16}/.test(text)) return undefined;
  return (_key, value, context) =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? (context?.source ?? value)
      : value;
}
