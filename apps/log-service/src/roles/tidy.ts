import { eventLoopUtilization } from "node:perf_hooks";

import { LAUNCH_LIMITS } from "../limits.ts";

export interface TidyOptions {
  /** Collects all garbage and gives its memory back; what `--expose-gc` makes when left out. */
  readonly collect?: (() => void) | undefined;
  /** How often it is looked whether the thread is idle, in milliseconds. */
  readonly everyMs?: number;
  /** Whether it is collected again after the thread has worked again. */
  readonly again: boolean;
}

/**
 * Has this thread's garbage collected once it is idle. V8 collects as it allocates: what loading, or a
 * question, left behind would stay for as long as there is nothing to do, a sixth of an idle process.
 * @returns Ends it.
 */
export function tidyWhenIdle({ collect = exposed(), everyMs, again }: TidyOptions): () => void {
  if (collect === undefined) return () => undefined;
  let before = eventLoopUtilization();
  let workedMs = Infinity;
  const timer = setInterval(() => {
    const now = eventLoopUtilization();
    const { active, utilization } = eventLoopUtilization(now, before);
    before = now;
    workedMs += active;
    if (utilization > LAUNCH_LIMITS.idleShare || workedMs < LAUNCH_LIMITS.untidyMs) return;
    collect();
    if (!again) clearInterval(timer);
    // Collecting is no work that would have to be tidied up after.
    before = eventLoopUtilization();
    workedMs = 0;
  }, everyMs ?? LAUNCH_LIMITS.settleMs);
  timer.unref();
  return () => clearInterval(timer);
}

function exposed(): (() => void) | undefined {
  const { gc } = globalThis;
  // Any other flavour keeps the emptied pages for what may come.
  return gc && (() => gc({ type: "major", execution: "sync", flavor: "last-resort" }));
}
