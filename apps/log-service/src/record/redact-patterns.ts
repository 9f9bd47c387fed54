import { REDACT_LIMITS } from "../limits.ts";
import { REDACTED, type TextRule } from "./redact-presets.ts";

/** An operator's pattern, compiled for an engine whose time grows with the text alone. */
export interface RedactionPattern {
  test(text: string): boolean;
  /** Start and end of each match, one after the other. */
  matches(text: string): Iterable<readonly [start: number, end: number]>;
}

/**
 * A pattern as a rule. Each match is found in linear time, but not all of them together: past the
 * deadline the rest of the text is not stored.
 * @param now Milliseconds of a monotonic clock.
 */
export function patternRule(
  pattern: RedactionPattern,
  now: () => number = () => performance.now(),
): TextRule {
  return (text) => {
    if (!pattern.test(text)) return text;
    const deadline = now() + REDACT_LIMITS.textMs;
    let cleaned = "";
    let kept = 0;
    for (const [start, end] of pattern.matches(text)) {
      cleaned += text.slice(kept, start) + REDACTED;
      if (now() > deadline) return cleaned;
      kept = end;
    }
    return cleaned + text.slice(kept);
  };
}
