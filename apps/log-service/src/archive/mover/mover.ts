import { setTimeout as sleep } from "node:timers/promises";

import { reasonOf, ServiceError } from "../../errors.ts";
import { MOVER_LIMITS } from "../limits.ts";
import { isFailure, type MovingStats } from "../moving.ts";
import {
  addSkipped,
  NONE_SKIPPED,
  type ArchiveWriter,
  type Moved,
  type Skipped,
  type Tended,
} from "../port.ts";
import type { Batch } from "./batch.ts";
import { MoveCounters } from "./counters.ts";
import { doubledPause } from "./doubled-pause.ts";
import { backlogOf, MoveSession, type SessionDeps } from "./session.ts";
import { Tending } from "./tending.ts";
import { Troubles, type TroublesReport } from "./troubles.ts";

export interface MoverDeps extends Omit<
  SessionDeps,
  "counters" | "clock" | "moved" | "size" | "checkMs" | "troubles" | "retries"
> {
  readonly writer: Pick<ArchiveWriter, "hold">;
}

/** What a mover tells of itself; what may come often is summed up. */
export interface MoverReport extends TroublesReport {
  /** The archive is away, or refuses: once for each row of failures. */
  readonly failed: (error: unknown) => void;
  readonly recovered: () => void;
  /** Records that the archive will never have. */
  readonly skipped: (skipped: Skipped) => void;
  readonly quarantined: (records: number, some: Moved["quarantined"]) => void;
  readonly dropped: (dropped: Tended["dropped"]) => void;
}

export interface MoverOptions {
  readonly clock?: () => number;
  /** What passes whatever the clock is set to. */
  readonly steady?: () => number;
  readonly size?: SessionDeps["size"];
  /** Pauses in milliseconds, for tests. */
  readonly gatherMs?: number;
  readonly retryMs?: number;
  readonly retryMostMs?: number;
  readonly standbyMs?: number;
  readonly checkMs?: number;
  readonly tendWaitMs?: number;
  readonly tendRetryMs?: number;
}

export interface RunningMover {
  readonly stats: () => MovingStats;
  /** Why nothing is archived, if so; or what goes wrong beside that. */
  readonly trouble: () => string | undefined;
  /** The hot store's positions when all of it was last archived; undefined if that is not known. */
  readonly seen: () => string | undefined;
  /** For how long there was nothing to do, or another process does it; 0 while there is trouble. */
  readonly restedMs: () => number;
  /** Ends the batch under way, and lets another process have the archive. */
  readonly stop: () => Promise<void>;
}

/** Moves records from the hot store to the archive until stopped, whatever fails meanwhile. */
export function startMover(
  deps: MoverDeps,
  report: MoverReport,
  options: MoverOptions = {},
): RunningMover {
  const mover = new Mover(deps, report, options);
  const running = mover.run();
  return {
    stats: () => mover.counters.read(mover.troubles.all),
    trouble: () => mover.trouble ?? mover.troubles.all.find(isFailure)?.reason,
    seen: () => mover.seen,
    restedMs: () => mover.restedMs,
    stop: async () => {
      mover.stop();
      await running;
    },
  };
}

class Mover {
  readonly counters = new MoveCounters();
  readonly troubles: Troubles;
  trouble: string | undefined;
  readonly #deps: MoverDeps;
  readonly #report: MoverReport;
  readonly #options: Required<Omit<MoverOptions, "size">>;
  readonly #sessionDeps: SessionDeps;
  readonly #stopping = new AbortController();
  readonly #notes: Notes;
  readonly #tending: Tending;
  #session: MoveSession | undefined;
  /** Where the archive stood when it was last there. */
  #positions: MoveSession["positions"] | undefined;
  #failures = 0;
  #told = false;
  #workedAt = performance.now();

  constructor(deps: MoverDeps, report: MoverReport, { size, ...options }: MoverOptions) {
    this.#deps = deps;
    this.#report = report;
    this.#options = { ...DEFAULTS, ...options };
    this.#notes = new Notes(report);
    this.troubles = new Troubles(report);
    const tended = (done: Tended): void => {
      this.counters.tended(done);
      if (done.dropped.length > 0) report.dropped(done.dropped);
    };
    const { tendWaitMs: waitMs, tendRetryMs: retryMs } = this.#options;
    const { clock, steady } = this.#options;
    this.#tending = new Tending(tended, this.troubles, { clock, steady, waitMs, retryMs });
    this.#sessionDeps = {
      ...deps,
      counters: this.counters,
      clock: this.#options.clock,
      size,
      checkMs: this.#options.checkMs,
      troubles: this.troubles,
      retries: new Map(),
      moved: (batch, moved) => this.#notes.add(batch, moved),
    };
  }

  get restedMs(): number {
    const isWell = this.trouble === undefined && !this.troubles.all.some(isFailure);
    return isWell ? performance.now() - this.#workedAt : 0;
  }

  get seen(): string | undefined {
    return this.#session?.seen;
  }

  stop(): void {
    this.#stopping.abort();
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let pause: number;
      try {
        pause = await this.#step(signal);
      } catch (error) {
        pause = await this.#fail(error);
      }
      this.#notes.tell();
      if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
    await this.#letGo();
    this.#notes.tell(true);
  }

  /** @returns After how many milliseconds to come again. */
  async #step(signal: AbortSignal): Promise<number> {
    const session = (this.#session ??= await this.#open());
    if (session === undefined) {
      this.counters.state = "standby";
      this.counters.backlog = undefined;
      this.#recovered();
      return this.#options.standbyMs;
    }
    await this.#tending.keep(session);
    const { records, more, clearings } = await session.round(signal);
    this.counters.state = "moving";
    this.#recovered();
    if (records > 0 || more || clearings > 0) this.#workedAt = performance.now();
    if (more || records >= MOVER_LIMITS.gatherRecords) return 0;
    return this.#options.gatherMs * Math.max(1, session.lanes / MOVER_LIMITS.gatherLanes);
  }

  async #open(): Promise<MoveSession | undefined> {
    const hold = await this.#deps.writer.hold();
    if (hold === undefined) return undefined;
    try {
      this.#tending.reopened();
      return await MoveSession.open(hold, this.#sessionDeps);
    } catch (error) {
      await hold.release().catch(() => undefined);
      throw error;
    }
  }

  #recovered(): void {
    this.#failures = 0;
    this.trouble = undefined;
    if (this.#told) this.#report.recovered();
    this.#told = false;
  }

  async #fail(error: unknown): Promise<number> {
    this.#failures += 1;
    this.counters.state = "away";
    const isStore = error instanceof ServiceError && error.code === "NL_STORE_UNAVAILABLE";
    // Where the lanes stand is known as long as the archive answers; else it is read anew.
    if (!isStore) await this.#letGo();
    if (this.#failures > MOVER_LIMITS.silentFailures && !isStore) {
      this.trouble = reasonOf(error);
      if (!this.#told) this.#report.failed(error);
      this.#told = true;
    }
    if (!isStore) await this.#count();
    const { retryMs, retryMostMs } = this.#options;
    const pause = doubledPause(this.#failures, retryMs, retryMostMs);
    return pause * (1 - Math.random() / 2);
  }

  /** Also while the archive is away it is told what waits for it. */
  async #count(): Promise<void> {
    if (this.#positions === undefined) return;
    try {
      this.counters.backlog = await backlogOf(this.#deps.store, this.#positions);
    } catch {
      // The hot store is away too: what was counted last stands.
    }
  }

  async #letGo(): Promise<void> {
    const session = this.#session;
    this.#positions = session?.positions ?? this.#positions;
    this.#session = undefined;
    await session?.release().catch(() => undefined);
  }
}

const DEFAULTS = {
  clock: Date.now,
  steady: () => performance.now(),
  gatherMs: MOVER_LIMITS.gatherMs,
  retryMs: MOVER_LIMITS.retryMs,
  retryMostMs: MOVER_LIMITS.retryMostMs,
  standbyMs: MOVER_LIMITS.standbyMs,
  checkMs: MOVER_LIMITS.checkMs,
  tendWaitMs: MOVER_LIMITS.tendWaitMs,
  tendRetryMs: MOVER_LIMITS.tendRetryMs,
};

/** What has to be told of records, once in a while for all of them. */
class Notes {
  readonly #report: MoverReport;
  #skipped = NONE_SKIPPED;
  #quarantined = 0;
  #some: Moved["quarantined"] = [];
  #tellAt = 0;

  constructor(report: MoverReport) {
    this.#report = report;
  }

  add({ moves }: Batch, { quarantined }: Moved): void {
    for (const { skipped } of moves) this.#skipped = addSkipped(this.#skipped, skipped);
    this.#quarantined += quarantined.length;
    this.#some = [...this.#some, ...quarantined].slice(0, MOVER_LIMITS.named);
  }

  tell(isLast = false): void {
    const { overflow, retention, damaged } = this.#skipped;
    const isSkipped = overflow + retention + damaged > 0;
    if (!isSkipped && this.#quarantined === 0) return;
    if (!isLast && performance.now() < this.#tellAt) return;
    this.#tellAt = performance.now() + MOVER_LIMITS.tellMs;
    if (isSkipped) this.#report.skipped(this.#skipped);
    if (this.#quarantined > 0) this.#report.quarantined(this.#quarantined, this.#some);
    this.#skipped = NONE_SKIPPED;
    this.#quarantined = 0;
    this.#some = [];
  }
}
