import type { CompileTombstone, LogStore, Snapshot, Tombstone } from "../../store/port.ts";
import { lanePrefix } from "../../store/position.ts";
import type { PendingClearings } from "../clearings/port.ts";
import { MOVER_LIMITS } from "../limits.ts";
import type { ArchiveHold, ArchivePolicy, LanePosition, Moved, Tended } from "../port.ts";
import { joinPositions, type ArchiveBuffer, type Backlog } from "../moving.ts";
import { Waiting } from "./backlog.ts";
import { Batches, type Batch, type BatchSize } from "./batch.ts";
import { clearedMask } from "./cleared.ts";
import { CarryingOut, type Retries } from "./carrying-out.ts";
import { CutOff } from "./cut-off.ts";
import type { MoveCounters } from "./counters.ts";
import type { Troubles } from "./troubles.ts";

export interface SessionDeps {
  readonly store: Pick<LogStore, "snapshot" | "positions" | "clear">;
  readonly clearings: Pick<PendingClearings, "list" | "done" | "begun" | "add">;
  readonly compileTombstone: CompileTombstone;
  readonly policy: ArchivePolicy;
  readonly buffer: ArchiveBuffer;
  readonly counters: MoveCounters;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly size?: BatchSize | undefined;
  /** How often an archive that gets nothing is asked whether it is still there, in milliseconds. */
  readonly checkMs?: number | undefined;
  readonly troubles: Pick<Troubles, "set">;
  /** Clearings that failed, of this session and those before it. */
  readonly retries: Retries;
  /** Told of each transaction. */
  readonly moved: (batch: Batch, moved: Moved) => void;
}

/** What a round did. */
export interface Round {
  /** Records of commits that it worked off. */
  readonly records: number;
  /** Whether there is more, to be looked for at once. */
  readonly more: boolean;
  /** Clearings that are not done. */
  readonly clearings: number;
}

/**
 * The moving of records for as long as this process holds the archive. Any error ends it: the next one
 * reads anew where the lanes stand, so that nothing is moved twice and nothing left out.
 */
export class MoveSession {
  readonly #hold: ArchiveHold;
  readonly #deps: SessionDeps;
  #positions: ReadonlyMap<string, LanePosition>;
  readonly #carryingOut: CarryingOut;
  readonly #cutOff: CutOff;
  /**
   * Clearings since which all of the hot store was looked at: it was moved, left out, or is gone; false
   * where a lane waits that one is about.
   */
  readonly #lookedFor = new Map<string, boolean>();
  /** Blocks that were listed and not there. */
  readonly #missing = new Set<string>();
  #seen: string | undefined;
  /** When the archive last answered. */
  #heardAt = performance.now();

  private constructor(
    hold: ArchiveHold,
    deps: SessionDeps,
    positions: ReadonlyMap<string, LanePosition>,
  ) {
    this.#hold = hold;
    this.#deps = deps;
    this.#positions = positions;
    this.#cutOff = new CutOff(deps);
    const { compileTombstone, retries, troubles, counters } = deps;
    this.#carryingOut = new CarryingOut({
      hold,
      compileTombstone,
      retries,
      troubles,
      cleared: (records) => counters.cleared(records),
      isHeld: () => this.isHeld(),
    });
  }

  static async open(hold: ArchiveHold, deps: SessionDeps): Promise<MoveSession> {
    const positions = await hold.positions();
    return new MoveSession(hold, deps, byLane(positions));
  }

  /**
   * Makes room for days to come, and drops those that are over; may run beside a round.
   * @param isTrusted Whether the time may tell that something is old.
   */
  tend(nowMs: number, isTrusted: boolean): Promise<Tended> {
    return this.#hold.tend(isTrusted ? this.#deps.policy : KEEP_ALL, nowMs);
  }

  /** Whether records can still be moved: what fails beside that says nothing of it. */
  isHeld(): Promise<boolean> {
    return this.#hold.positions().then(
      () => true,
      () => false,
    );
  }

  /** Moves what is there now, for a while. */
  async round(signal: AbortSignal): Promise<Round> {
    const { store, clearings, counters, buffer } = this.#deps;
    await this.#check();
    await this.#cutOff.finish();
    const pending = await clearings.list();
    await this.#carryingOut.keep(pending);
    const last = await store.positions();
    const seen = joinPositions(last);
    const isLookedFor = pending.every(({ id }) => this.#lookedFor.has(id));
    let records = 0;
    if (seen !== this.#seen || !isLookedFor) {
      const snapshot = await store.snapshot(() => true, { after: behind(last, this.#positions) });
      const waiting = new Waiting(snapshot, this.#positions, pending);
      counters.backlog = waiting.backlog;
      waiting.keepWithin(buffer);
      const worked = await this.#work(waiting, snapshot, pending, signal);
      counters.backlog = waiting.backlog;
      records = worked.records;
      if (worked.left) return { records, more: true, clearings: this.#undone(pending) };
      this.#missing.clear();
      this.#tellStopped(waiting);
      const stopped = new Set(waiting.stopped.map(({ namespace }) => namespace));
      for (const { id, namespace } of pending) this.#lookedFor.set(id, !stopped.has(namespace));
    }
    const over = pending
      .filter(({ id }) => this.#lookedFor.get(id) === true && this.#carryingOut.isDone(id))
      .map(({ id }) => id);
    await clearings.done(over);
    for (const id of over) this.#lookedFor.delete(id);
    // Last: whoever rests by it must have nothing left to do.
    this.#seen = seen;
    return { records, more: false, clearings: this.#undone(pending) - over.length };
  }

  /** Where nothing is moved nobody would notice that the archive is gone. */
  async #check(): Promise<void> {
    const { checkMs = MOVER_LIMITS.checkMs } = this.#deps;
    if (performance.now() - this.#heardAt < checkMs) return;
    await this.#hold.positions();
    this.#heardAt = performance.now();
  }

  #undone(pending: readonly Tombstone[]): number {
    return pending.length + this.#cutOff.waiting;
  }

  #tellStopped({ stopped }: Waiting): void {
    const names = new Set(stopped.map(({ namespace }) => namespace));
    this.#deps.troubles.set(
      "format",
      [...names].map(
        (name) =>
          `Records of namespace ${name} wait, as a newer version of the service wrote them: ` +
          "deploy that version again",
      ),
    );
  }

  /** Reads one batch while the two before are moved. */
  async #work(
    waiting: Waiting,
    snapshot: Snapshot,
    pending: readonly Tombstone[],
    signal: AbortSignal,
  ): Promise<{ readonly records: number; readonly left: boolean }> {
    const { compileTombstone, size } = this.#deps;
    const ids = new Set(pending.map(({ id }) => id));
    const tombstones = [...pending, ...snapshot.tombstones.filter(({ id }) => !ids.has(id))];
    const batches = new Batches({
      waiting,
      from: new Map([...this.#positions].map(([lane, { position }]) => [lane, position])),
      cleared: (block, rows) => clearedMask(block, rows, tombstones, compileTombstone),
      missing: this.#missing,
      size,
    });
    const endsAt = performance.now() + MOVER_LIMITS.roundMs;
    let records = 0;
    let reading = batches.next();
    let moving = Promise.resolve();
    try {
      for (;;) {
        const batch = await reading;
        if (batch === undefined) {
          await moving;
          return { records, left: false };
        }
        const isLast = batch.isStale || signal.aborted || performance.now() > endsAt;
        if (!isLast) reading = batches.next();
        // Should moving fail nobody waits for it any more.
        reading.catch(() => undefined);
        const before = moving;
        if (batch.moves.length > 0) moving = this.#move(batch);
        moving.catch(() => undefined);
        await (isLast ? moving : before);
        records += batch.records;
        if (isLast) return { records, left: true };
      }
    } finally {
      // Where reading failed too: the next round may clear, and what is under way was read without that.
      await moving.catch(() => undefined);
    }
  }

  async #move(batch: Batch): Promise<void> {
    const { counters, clock, moved } = this.#deps;
    const done = await this.#hold.move(batch.moves);
    this.#heardAt = performance.now();
    counters.moved(batch, done, clock());
    const positions = new Map(this.#positions);
    for (const { namespace, to, committed } of batch.moves) {
      positions.set(lanePrefix(to), { namespace, position: to, committed });
    }
    this.#positions = positions;
    moved(batch, done);
  }

  /** Where the archive's lanes stand, by their prefix. */
  get positions(): ReadonlyMap<string, LanePosition> {
    return this.#positions;
  }

  /** The hot store's positions at the last look that left nothing, as `joinPositions` writes them. */
  get seen(): string | undefined {
    return this.#seen;
  }

  /** How many lanes the hot store had at the last look. */
  get lanes(): number {
    return this.#seen?.split(" ").length ?? 0;
  }

  release(): Promise<void> {
    return this.#hold.release();
  }
}

const KEEP_ALL: ArchivePolicy = { ageMs: undefined };

/** What waits for an archive that is away, as far as it was told where it stands. */
export async function backlogOf(
  store: Pick<LogStore, "snapshot" | "positions">,
  positions: ReadonlyMap<string, LanePosition>,
): Promise<Backlog> {
  const after = behind(await store.positions(), positions);
  return new Waiting(await store.snapshot(() => true, { after }), positions, []).backlog;
}

/** The archive's positions of the hot store's lanes. */
function behind(
  last: readonly string[],
  positions: ReadonlyMap<string, LanePosition>,
): readonly string[] {
  return last.flatMap((each) => positions.get(lanePrefix(each))?.position ?? []);
}

function byLane(positions: readonly LanePosition[]): ReadonlyMap<string, LanePosition> {
  return new Map(positions.map((each) => [lanePrefix(each.position), each]));
}
