import { DELIVERY_LIMITS } from "./limits.ts";

/** What has records to send before the process ends. */
export interface Flushable {
  flush(ms: number): Promise<boolean>;
}

const open = new Set<Flushable>();
/** What is left of the time that all loggers together may hold the process at its end. */
let leftMs: number = DELIVERY_LIMITS.flushMs;
let isListening = false;

/** Sends what waits when the process has nothing else to do; never longer than a second in all. */
export function flushAtExit(flushable: Flushable): void {
  open.add(flushable);
  if (isListening) return;
  isListening = true;
  process.on("beforeExit", () => {
    if (leftMs <= 0 || open.size === 0) return;
    // A flush that has something to wait for holds the process open; without, this is over at once.
    void flushBeforeExit();
  });
}

export function noLongerAtExit(flushable: Flushable): void {
  open.delete(flushable);
}

async function flushBeforeExit(): Promise<void> {
  const started = performance.now();
  await flushAll(leftMs);
  leftMs -= performance.now() - started;
}

/** Never rejects, and takes a second at most. */
export async function flushAll(ms: number = DELIVERY_LIMITS.flushMs): Promise<void> {
  await Promise.all([...open].map((each) => each.flush(ms)));
}
