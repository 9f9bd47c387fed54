import { Worker } from "node:worker_threads";

import type { Logger } from "pino";

import { reasonOf } from "../errors.ts";
import type { PendingClearings } from "../archive/clearings/port.ts";
import { addMoving, type MovingStats } from "../archive/moving.ts";
import type { RunningMover } from "../archive/mover/mover.ts";
import { WORK_LIMITS } from "../limits.ts";
import { leaveThreadsTheirBounds } from "../query/engine/worker/own-bounds.ts";
import type { LogStore, Retained, RetentionPolicy, WorkStats } from "../store/port.ts";
import { ArchiveAlarm } from "./archive-alarm.ts";
import { logMoverNote } from "./mover-notes.ts";
import { startWorkLoop } from "./work-loop.ts";
import type { FromWorkThread, MovingState, WorkThreadData } from "./work-thread.ts";

/** Merging, clearing and retention, wherever they run. */
export interface RunningWork {
  /** What was last told of it; undefined before anything was. */
  readonly stats: () => WorkStats | undefined;
  /** Why it fails, if it does. */
  readonly trouble: () => string | undefined;
  /** How moving records into the archive goes; undefined where it is not done, or nothing was told. */
  readonly moving: () => MovingStats | undefined;
  /** Why nothing is archived, if so. */
  readonly archiveTrouble: () => string | undefined;
  /** Threads that ended by a fault so far. */
  readonly deaths: () => number;
  /** Whether it takes memory and time now; a thread rests while there is nothing to do. */
  readonly isAwake: () => boolean;
  readonly stop: () => Promise<void>;
}

/**
 * Work in this very thread, on a store that others use too: for tests and for the role `work`.
 * @param mover Moves records into the archive beside it, and is stopped with it.
 */
export function startWork(
  store: LogStore,
  policy: RetentionPolicy,
  logger: Logger,
  mover?: RunningMover,
): RunningWork {
  let trouble: string | undefined;
  const loop = startWorkLoop(store, policy, {
    dropped: (retained) => logDropped(logger, retained),
    failed: (error) => {
      trouble = reasonOf(error);
      logger.warn({ err: error }, FAILED);
    },
    stats: () => undefined,
    jumped: (ms) => logger.warn({ ms }, JUMPED),
    recovered: () => {
      trouble = undefined;
    },
  });
  return {
    stats: () => store.stats().work,
    trouble: () => trouble,
    moving: () => mover?.stats(),
    archiveTrouble: () => mover?.trouble(),
    deaths: () => 0,
    isAwake: () => true,
    stop: async () => {
      await mover?.stop();
      await loop.stop();
    },
  };
}

/** Where other processes do it. Writers that find no room drop something all the same. */
export function noWork(store: LogStore): RunningWork {
  return {
    stats: () => store.stats().work,
    trouble: () => undefined,
    moving: () => undefined,
    archiveTrouble: () => undefined,
    deaths: () => 0,
    isAwake: () => false,
    stop: async () => undefined,
  };
}

/**
 * Work in a thread of its own, which runs only while there is something to do: an idle process does
 * not pay for it. One that crashes is logged and started again, later with each crash.
 */
export function startThreadedWork(
  store: LogStore,
  data: WorkThreadData,
  logger: Logger,
  clearings?: Pick<PendingClearings, "list" | "begun">,
): RunningWork {
  return new ThreadedWork(store, data, logger, clearings);
}

class ThreadedWork implements RunningWork {
  readonly #store: LogStore;
  readonly #data: WorkThreadData;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #stats: WorkStats | undefined;
  /** What threads before this one did. */
  #before: WorkStats | undefined;
  #asking = false;
  #askAt = 0;
  #committed = 0;
  #crashes = 0;
  #deaths = 0;
  #trouble: string | undefined;
  #restartAt = 0;
  #stopped = false;
  #moving: MovingState | undefined;
  /** What threads before this one moved. */
  #movedBefore: MovingStats | undefined;
  readonly #alarm: ArchiveAlarm | undefined;

  constructor(
    store: LogStore,
    data: WorkThreadData,
    logger: Logger,
    clearings: Pick<PendingClearings, "list" | "begun"> | undefined,
  ) {
    this.#store = store;
    this.#data = data;
    this.#logger = logger;
    this.#alarm = data.archive && new ArchiveAlarm(store, clearings);
    this.#timer = setInterval(() => void this.#look(), WORK_LIMITS.memoryMs);
    this.#timer.unref();
  }

  /** With what writers of this process dropped when they found no room. */
  readonly stats = (): WorkStats | undefined =>
    addStats([this.#store.stats().work, this.#threads()]);

  readonly trouble = (): string | undefined => this.#trouble;

  readonly moving = (): MovingStats | undefined =>
    addMoving(this.#movedBefore, this.#moving?.stats);

  readonly archiveTrouble = (): string | undefined => this.#moving?.trouble;

  readonly deaths = (): number => this.#deaths;

  readonly isAwake = (): boolean => this.#worker !== undefined;

  readonly stop = async (): Promise<void> => {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#worker?.postMessage("stop");
    // A database that hangs may hold a connection, and with it the thread.
    const late = setTimeout(() => void this.#worker?.terminate(), WORK_LIMITS.stopMs);
    await this.#ended;
    clearTimeout(late);
  };

  #threads(): WorkStats | undefined {
    return addStats([this.#before, this.#stats]);
  }

  /** Starts the thread if it has something to do. */
  async #look(): Promise<void> {
    if (this.#worker !== undefined || this.#asking) return;
    const { committedRecords } = this.#store.stats();
    const now = performance.now();
    // What other processes wrote, and what grows old, is looked for less often.
    if (committedRecords === this.#committed && now < this.#askAt) return;
    this.#committed = committedRecords;
    this.#asking = true;
    try {
      const isDue =
        (await this.#store.isWorkDue(this.#data.policy, Date.now())) ||
        (await this.#alarm?.isDue()) === true;
      this.#askAt = now + WORK_LIMITS.lookMs;
      if (isDue && !this.#stopped && performance.now() >= this.#restartAt) this.#start();
    } catch {
      // The store is away; readiness tells.
    } finally {
      this.#asking = false;
    }
  }

  #start(): void {
    leaveThreadsTheirBounds();
    const worker = new Worker(new URL("./work-thread.ts", import.meta.url), {
      workerData: this.#data,
      resourceLimits: {
        maxOldGenerationSizeMb: WORK_LIMITS.heapMiB,
        maxYoungGenerationSizeMb: WORK_LIMITS.youngMiB,
      },
    });
    const startedAt = performance.now();
    let crash: unknown;
    worker.on("message", (message: FromWorkThread) => this.#take(message));
    worker.on("error", (error: unknown) => {
      crash = error;
    });
    this.#ended = new Promise((resolve) => {
      worker.on("exit", (code) => {
        this.#worker = undefined;
        this.#before = this.#threads();
        this.#stats = undefined;
        this.#alarm?.set(this.#moving?.seen);
        this.#movedBefore = this.moving();
        this.#moving = undefined;
        if (!this.#stopped && (crash !== undefined || code !== 0)) {
          this.#alarm?.ring();
          this.#crashed(crash, startedAt);
        }
        resolve();
      });
    });
    this.#worker = worker;
  }

  #take(message: FromWorkThread): void {
    if (message.kind === "stats") this.#stats = message.stats;
    else if (message.kind === "note") logMoverNote(this.#logger, message.note);
    else if (message.kind === "moving") this.#moving = message;
    else if (message.kind === "dropped") logDropped(this.#logger, message.retained);
    else if (message.kind === "jumped") this.#logger.warn({ ms: message.ms }, JUMPED);
    else if (message.kind === "recovered") this.#trouble = undefined;
    else {
      this.#trouble = message.reason;
      this.#logger.warn({ reason: message.reason }, FAILED);
    }
  }

  #crashed(error: unknown, startedAt: number): void {
    // A thread that has worked for long starts the row of crashes anew.
    if (performance.now() - startedAt > WORK_LIMITS.restMs) this.#crashes = 0;
    const pause = Math.min(WORK_LIMITS.restartMs * 2 ** this.#crashes, WORK_LIMITS.restartMostMs);
    this.#crashes += 1;
    this.#deaths += 1;
    this.#trouble = `the work thread ended: ${error instanceof Error ? error.message : "it left"}`;
    this.#restartAt = performance.now() + pause;
    this.#logger.error(
      { err: error, pauseMs: pause },
      "The work thread ended; it is started again",
    );
  }
}

const JUMPED = "The clock went ahead by itself; nothing is dropped for its age for an hour";
const FAILED = "Merging or retention could not run; it is tried again";

function logDropped(logger: Logger, { by }: Retained): void {
  logger.info({ by }, "Retention dropped the oldest blocks");
}

/** Counters add up; what waits is as it was told last. */
function addStats(parts: readonly (WorkStats | undefined)[]): WorkStats | undefined {
  const known = parts.filter((part) => part !== undefined);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  const sum = (of: (part: WorkStats) => number) =>
    known.reduce((total, part) => total + of(part), 0);
  const groups = Map.groupBy(
    known.flatMap(({ dropped }) => dropped),
    ({ namespace, reason }) => `${reason} ${namespace}`,
  );
  return {
    ...last,
    merged: {
      blocks: sum(({ merged }) => merged.blocks),
      into: sum(({ merged }) => merged.into),
      records: sum(({ merged }) => merged.records),
      cleared: sum(({ merged }) => merged.cleared),
    },
    dropped: [...groups.values()].map((group) =>
      group.reduce((a, b) => ({
        ...b,
        blocks: a.blocks + b.blocks,
        records: a.records + b.records,
        bytes: a.bytes + b.bytes,
      })),
    ),
  };
}
