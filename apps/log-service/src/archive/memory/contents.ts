import { ServiceError } from "../../errors.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { lanePrefix, writeRecordId } from "../../store/position.ts";
import { dayOf, dueDays, firstKept, heldTrouble, wantedDays, writeDay, type Day } from "../days.ts";
import { directPosition, FIRST_DIRECT_LANE } from "../lanes.ts";
import { ARCHIVE_LIMITS } from "../limits.ts";
import {
  addSkipped,
  NONE_SKIPPED,
  type ArchivedRecord,
  type ArchivePolicy,
  type ArchiveStats,
  type LaneMove,
  type LanePosition,
  type Tended,
} from "../port.ts";

/** What a memory archive holds: each change is all of it or nothing. */
export class Contents {
  records: ArchivedRecord[] = [];
  quarantined = 0;
  lastMoveMs: number | undefined;
  readonly #positions = new Map<string, LanePosition>();
  readonly #days = new Set<Day>();
  #droppedMs: number | undefined;
  readonly #directLanes = new Map<string, { readonly lane: number; commits: number }>();
  readonly #keys = new Map<string, readonly string[]>();
  #skipped = NONE_SKIPPED;

  positions(): readonly LanePosition[] {
    return [...this.#positions.values()];
  }

  positionOf(lane: string): string | undefined {
    return this.#positions.get(lane)?.position;
  }

  advance({ namespace, to, committed, skipped }: LaneMove): void {
    this.#positions.set(lanePrefix(to), { namespace, position: to, committed });
    this.#skipped = addSkipped(this.#skipped, skipped);
  }

  /** @throws ServiceError NL_IDEMPOTENCY_MISMATCH */
  storeDirectly(
    namespace: string,
    records: readonly PreparedRecord[],
    key: string | undefined,
  ): readonly string[] {
    const name = key === undefined ? undefined : `${namespace} ${key}`;
    const before = name === undefined ? undefined : this.#keys.get(name);
    if (before !== undefined) {
      if (before.length !== records.length) throw new ServiceError("NL_IDEMPOTENCY_MISMATCH");
      return before;
    }
    const lanes = this.#directPositions();
    if (
      lanes.length >= ARCHIVE_LIMITS.directLanes &&
      lanes.every((lane) => lane.namespace !== namespace)
    ) {
      throw new ServiceError("NL_NAMESPACE_LIMIT");
    }
    const position = this.#nextDirect(namespace);
    const ids = records.map((_, index) => writeRecordId(position, index));
    this.records.push(...records.map((record, index) => ({ id: ids[index] ?? "", record })));
    if (name !== undefined) this.#keys.set(name, ids);
    return ids;
  }

  #directPositions(): readonly LanePosition[] {
    return this.positions().filter(({ position }) => lanePrefix(position) >= FIRST_DIRECT_LANE);
  }

  #nextDirect(namespace: string): string {
    const own = this.#directLanes.get(namespace) ?? { lane: this.#directLanes.size, commits: 0 };
    this.#directLanes.set(namespace, own);
    own.commits += 1;
    const position = directPosition(own.lane, own.commits);
    this.#positions.set(lanePrefix(position), { namespace, position, committed: 0 });
    return position;
  }

  tend({ ageMs }: ArchivePolicy, nowMs: number): Tended {
    const before = this.#days.size;
    for (const day of wantedDays(ageMs, nowMs)) this.#days.add(day);
    const made = this.#days.size - before;
    const received = this.records.map(({ record }) => dayOf(record.received));
    const first = firstKept(ageMs, nowMs);
    const due = dueDays(first, [...this.#days, ...received], this.#droppedMs, nowMs);
    if (due.now > 0) this.#droppedMs = nowMs;
    const gone = [...this.#days].filter((day) => day < due.first).toSorted((a, b) => a - b);
    const dropped = gone.map((day) => {
      this.#days.delete(day);
      return { day: writeDay(day), records: received.filter((each) => each === day).length };
    });
    this.records = this.records.filter(({ record }) => dayOf(record.received) >= due.first);
    for (const { position } of this.#directPositions()) {
      const lane = lanePrefix(position);
      if (!this.records.some(({ id }) => id.startsWith(lane))) this.#positions.delete(lane);
    }
    return { made, dropped, troubles: heldTrouble(due) };
  }

  stats(): ArchiveStats {
    const names = new Set(this.records.map(({ record }) => record.namespace));
    return {
      namespaces: [...names].toSorted().map((name) => {
        const times = this.records
          .filter(({ record }) => record.namespace === name)
          .map(({ record }) => record.ms);
        return {
          name,
          records: times.length,
          oldestMs: times.reduce((a, b) => Math.min(a, b), Infinity),
          newestMs: times.reduce((a, b) => Math.max(a, b), -Infinity),
        };
      }),
      bytes: this.records.reduce((sum, { record }) => sum + record.message.length, 0),
      days: [...this.#days].toSorted((a, b) => a - b).map(writeDay),
      quarantined: this.quarantined,
      skipped: this.#skipped,
      lastMoveMs: this.lastMoveMs,
    };
  }
}
