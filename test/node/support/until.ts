import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 180_000;
const EVERY_MS = 200;

/**
 * Asks again and again until there is an answer; what it throws counts as none.
 * @throws Error with `what` and the last failure
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await ask();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await sleep(EVERY_MS);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`, { cause: last });
}
