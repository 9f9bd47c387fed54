import { HEALTH_LIMITS } from "../limits.ts";

/**
 * Asks once for all who want to know within a moment: a scrape has many metrics of one answer.
 * Undefined where it cannot be asked for.
 */
export function shared<T>(ask: () => Promise<T>): () => Promise<T | undefined> {
  let asked: Promise<T | undefined> | undefined;
  let askedAt = 0;
  return () => {
    const now = performance.now();
    if (asked === undefined || now - askedAt >= HEALTH_LIMITS.freshMs) {
      askedAt = now;
      asked = ask().catch(() => undefined);
    }
    return asked;
  };
}
