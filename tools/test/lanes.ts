import { availableParallelism, freemem } from "node:os";

import { add, type Counts, nothing } from "./counts.ts";

/** What one file of tests came to. */
export interface Ended {
  counts: Counts;
  /** Everything that its run printed. */
  output: string;
}

/** A place where one file runs after the other. */
export interface Lane {
  /** Settled once it can take files. */
  readonly ready: Promise<void>;
  /** @throws Error where the lane broke meanwhile: it takes no more */
  run(file: string): Promise<Ended>;
  /** Ends it, and everything in it. */
  leave(): Promise<void>;
}

/** Hears of what happens, lanes by their numbers from 1. */
export interface Listener {
  began(file: string, lane: number): void;
  ended(file: string, lane: number, seconds: number, ended: Ended): void;
  /** @param file none where the lane never was ready */
  broke(lane: number, error: unknown, file?: string): void;
  /** Files for which no lane was left. */
  unrun(files: readonly string[]): void;
}

/**
 * Runs files in lanes, each lane the next one as soon as it is done with its last. A lane that breaks
 * is a failure, as is a file that was not run to its end; the others go on.
 */
export async function runInLanes(
  files: readonly string[],
  lanes: readonly Lane[],
  listener: Listener,
): Promise<Counts> {
  const queue = [...files];
  let counts = nothing;
  async function work(lane: Lane, number: number): Promise<void> {
    let file: string | undefined;
    try {
      await lane.ready;
      while ((file = queue.shift()) !== undefined) {
        const started = Date.now();
        listener.began(file, number);
        const ended = await lane.run(file);
        counts = add(counts, ended.counts);
        listener.ended(file, number, (Date.now() - started) / 1_000, ended);
      }
    } catch (error) {
      counts = add(counts, { ...nothing, failed: 1 });
      listener.broke(number, error, file);
    } finally {
      await lane.leave();
    }
  }
  await Promise.all(lanes.map((lane, index) => work(lane, index + 1)));
  if (queue.length > 0) listener.unrun(queue);
  return add(counts, { ...nothing, failed: queue.length });
}

/** A control plane, Argo CD and a test run, in bytes: four had 17 GB resident, with pages that they share counted by each. */
const LANE_BYTES = 3.5e9;

/** Tests beside a control plane wait most of their time: two of them keep one core busy. */
const LANES_A_CORE = 2;

/** How many lanes this machine has room for. */
export function lanesFor(files: number, cores = availableParallelism(), free = freemem()): number {
  return Math.max(1, Math.min(files, cores * LANES_A_CORE, Math.floor(free / LANE_BYTES)));
}
