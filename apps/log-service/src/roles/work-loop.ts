import { setTimeout as sleep } from "node:timers/promises";

import { WORK_LIMITS } from "../limits.ts";
import type { LogStore, Retained, RetentionPolicy, WorkStats } from "../store/port.ts";

/** What a loop tells of itself. */
export interface WorkReport {
  readonly dropped: (retained: Retained) => void;
  /** Once for each row of failures, when it is more than a moment's. */
  readonly failed: (error: unknown) => void;
  /** The clock went ahead by so many milliseconds: nothing is dropped for its age for a while. */
  readonly jumped: (ms: number) => void;
  /** After the first round, or the first after failures, that went well. */
  readonly recovered: () => void;
  /** After each round that did something, and after the first. */
  readonly stats: (stats: WorkStats) => void;
}

export interface WorkLoop {
  /** Resolves when there was nothing to do for `restMs`. */
  readonly resting: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface LoopOptions {
  readonly restMs?: number | undefined;
  /** What tells how old something is, in milliseconds since the epoch. */
  readonly clock?: () => number;
}

/** Merges, clears and trims until stopped, one small step after the other. */
export function startWorkLoop(
  store: LogStore,
  policy: RetentionPolicy,
  report: WorkReport,
  { restMs = WORK_LIMITS.restMs, clock = Date.now }: LoopOptions = {},
): WorkLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { promise: resting, resolve: rest } = Promise.withResolvers<void>();
  let retainAt = 0;
  let memoryAt = 0;
  // Not known before the first round.
  let failures = -1;

  let ahead = clock() - performance.now();
  let trustedAt = 0;

  /** The policy without ages for a while after the clock went ahead of the time that passed. */
  function trusted(now: number): RetentionPolicy {
    const before = ahead;
    ahead = clock() - now;
    if (ahead - before > WORK_LIMITS.clockJumpMs) {
      trustedAt = now + WORK_LIMITS.clockDoubtMs;
      report.jumped(ahead - before);
    }
    return now < trustedAt ? withoutAges(policy) : policy;
  }

  /** Whether there was something to do. */
  async function round(): Promise<boolean> {
    const now = performance.now();
    if (now >= memoryAt) {
      memoryAt = now + WORK_LIMITS.memoryMs;
      const isFull = now >= retainAt;
      if (isFull) retainAt = now + WORK_LIMITS.retainMs;
      const retained = await store.retain(
        isFull ? trusted(now) : { watermark: policy.watermark },
        clock(),
      );
      if (retained.blocks > 0) {
        report.dropped(retained);
        return true;
      }
    }
    return (await store.merge({ signal })).more;
  }

  async function run(): Promise<void> {
    let lastWork = performance.now();
    let told = false;
    while (!signal.aborted) {
      let busy = false;
      try {
        busy = await round();
        if (failures !== 0) report.recovered();
        failures = 0;
      } catch (error) {
        failures = Math.max(failures, 0) + 1;
        // The first is a connection that is not up yet, or one that comes back at once.
        if (failures === WORK_LIMITS.silentFailures + 1 && !signal.aborted) report.failed(error);
        // What failed half-way is due again.
        retainAt = 0;
        memoryAt = 0;
      }
      const { work } = store.stats();
      if (work !== undefined && (busy || !told)) report.stats(work);
      told = true;
      if (busy) {
        told = false;
        lastWork = performance.now();
        continue;
      }
      if (performance.now() - lastWork > restMs) rest();
      await sleep(failures > 0 ? WORK_LIMITS.restartMs : WORK_LIMITS.idleMs, undefined, {
        signal,
      }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    resting,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function withoutAges({ ageMs: _age, namespaces = {}, ...rest }: RetentionPolicy): RetentionPolicy {
  const kept = Object.entries(namespaces).map(([name, { bytes }]) => [name, { bytes }] as const);
  return { ...rest, namespaces: Object.fromEntries(kept) };
}
