import { setTimeout as sleep } from "node:timers/promises";

/** Argo CD's longest wait between two tries of a sync, and room for a busy machine. */
const PATIENCE_MS = 90_000;
const INTERVAL_MS = 100;

/**
 * Calls until it neither throws nor returns false or undefined, and returns what it returned.
 * @param what for the error, such as "acme is Synced"
 * @throws Error with the last failure
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | false | undefined>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const until = Date.now() + patienceMs;
  let last = "it never was";
  for (;;) {
    try {
      const found = await probe();
      if (found !== false && found !== undefined) return found;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > until) throw new Error(`not within ${patienceMs} ms: ${what}; ${last}`);
    await sleep(INTERVAL_MS);
  }
}
