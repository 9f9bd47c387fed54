import { setTimeout as sleep } from "node:timers/promises";

/** Waits for work, but no longer than so: it goes on by itself then. Rejects as the work does. */
export async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  const late = sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
