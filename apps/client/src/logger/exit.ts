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

/**
 * Flushes when a signal comes, and then lets it end the process as it would have without us; where
 * the application listens too, the end is its own matter.
 */
export function flushOnSignals(signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) {
    process.once(signal, () => void flushAndEnd(signal));
  }
}

async function flushBeforeExit(): Promise<void> {
  const started = performance.now();
  await flushAll(leftMs);
  leftMs -= performance.now() - started;
}

async function flushAndEnd(signal: NodeJS.Signals): Promise<void> {
  await flushAll(DELIVERY_LIMITS.flushMs);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

async function flushAll(ms: number): Promise<void> {
  await Promise.all([...open].map((each) => each.flush(ms)));
}
