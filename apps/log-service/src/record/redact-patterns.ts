import { REDACT_LIMITS } from "../limits.ts";
import { REDACTED, type TextRule } from "./redact-presets.ts";

/** An operator's pattern, compiled twice. Both are global. */
export interface RedactionPattern {
  /** V8's usual engine: the fastest for a short text, but some texts take it the square of their length. */
  readonly fast: RegExp;
  /** The same in an engine whose time grows with the text alone. */
  readonly linear: RegExp;
}

/**
 * A pattern as a rule. Texts are written by whoever attacks, so none may cost more than its length:
 * the usual engine gets short texts, and longer ones until one of them was slow.
 * @param now Milliseconds of a monotonic clock.
 */
export function patternRule(
  { fast, linear }: RedactionPattern,
  now: () => number = () => performance.now(),
): TextRule {
  let distrustedUntil = Number.NEGATIVE_INFINITY;
  return (text) => {
    if (text.length <= REDACT_LIMITS.shortUnits) return text.replace(fast, REDACTED);
    const started = now();
    if (text.length <= REDACT_LIMITS.longUnits && started >= distrustedUntil) {
      const cleaned = text.replace(fast, REDACTED);
      const ended = now();
      if (ended - started > REDACT_LIMITS.slowMs)
        distrustedUntil = ended + REDACT_LIMITS.distrustMs;
      return cleaned;
    }
    return replaceWithin(text, linear, started + REDACT_LIMITS.textMs, now);
  };
}

/** Each match is found in linear time, but not all of them together: past the deadline the rest of the text goes. */
function replaceWithin(text: string, pattern: RegExp, deadline: number, now: () => number): string {
  let cleaned = "";
  let kept = 0;
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [match] = found;
    if (now() > deadline) return cleaned + REDACTED;
    cleaned += text.slice(kept, found.index) + REDACTED;
    kept = found.index + match.length;
    if (match === "") pattern.lastIndex += 1;
  }
  return kept === 0 ? text : cleaned + text.slice(kept);
}
