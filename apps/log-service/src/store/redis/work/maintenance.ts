import { randomBytes } from "node:crypto";

import { ServiceError } from "../../../errors.ts";
import { STORE_LIMITS, WORK_LIMITS } from "../../../limits.ts";
import { isAllCleared } from "../../clearing.ts";
import { writePosition } from "../../position.ts";
import type {
  ClearRequest,
  Merged,
  MergeOptions,
  Retained,
  RetentionPolicy,
  Tombstone,
  WorkStats,
} from "../../port.ts";
import { planRetention } from "../../retention.ts";
import { comparePlaces } from "../../stored-block.ts";
import type { Maintenance, RedisContext } from "../context.ts";
import { unavailable } from "../failure.ts";
import type { Lane } from "../keys.ts";
import { runScript } from "../script.ts";
import { FORGET_WRITERS } from "../scripts.ts";
import { readStreamId, writeStreamId } from "../stream-id.ts";
import { isAbove, isWorkDue } from "./due.ts";
import { LaneWork } from "./lane-work.ts";
import { LaneLedger } from "./ledger.ts";
import { clockOf, memoryOf } from "./memory.ts";
import { canRelieve, relieve } from "./relief.ts";
import { CLEAR, REWRITE, rewriteKeys } from "./scripts.ts";
import { writeTombstone } from "./tombstones.ts";
import { DropCount, trimStream, type LaneStream } from "./trim.ts";

/** What one look at memory frees is an estimate: so many looks in one run of retention. */
const LOOKS = 4;

/** The work on stored blocks, for one process. */
export function createMaintenance(context: RedisContext): Maintenance {
  return new RedisMaintenance(context);
}

class RedisMaintenance implements Maintenance {
  readonly #context: RedisContext;
  readonly #holder = randomBytes(9).toString("base64url");
  readonly #lanes = new Map<number, LaneWork>();
  readonly #dropped = new DropCount();
  readonly #merged = { blocks: 0, into: 0, records: 0, cleared: 0 };

  constructor(context: RedisContext) {
    this.#context = context;
    // Another connection may mean another server, or the same one with less than it had.
    context.reads.on("close", () => this.#lanes.clear());
  }

  async merge({ eager = false, signal }: MergeOptions): Promise<Merged> {
    const done = { blocks: 0, into: 0, records: 0, cleared: 0 };
    let more = false;
    for (const work of await this.#all()) {
      if (signal?.aborted === true) break;
      const step = await work.step(eager);
      if (step === undefined) continue;
      more = true;
      if (step === "again") continue;
      for (const total of [done, this.#merged]) {
        total.blocks += step.blocks;
        total.into += step.into;
        total.records += step.records;
        total.cleared += step.cleared;
      }
    }
    return { ...done, more };
  }

  async retain(policy: RetentionPolicy, nowMs: number): Promise<Retained> {
    const count = new DropCount();
    const works = await this.#all();
    const { watermark, ...limits } = policy;
    const isLookAtMemory =
      watermark !== undefined && Object.values(limits).every((limit) => limit === undefined);
    if (!isLookAtMemory) await this.#keepWithin(limits, nowMs, works, count);
    if (watermark !== undefined) await this.#keepBelow(watermark, works, count);
    const retained = count.retained();
    this.#dropped.addAll(retained);
    return retained;
  }

  /** What is due by age and bytes. */
  async #keepWithin(
    policy: RetentionPolicy,
    nowMs: number,
    works: readonly LaneWork[],
    count: DropCount,
  ): Promise<void> {
    // Two clocks have to agree that something is old: one alone may have jumped.
    const now = Math.min(nowMs, await clockOf(this.#context.writes));
    // More than the window of a lane's small blocks may have to go.
    for (let more = true; more;) {
      // Before memory is looked at: what another process drops in between is then no part of it.
      for (const { ledger } of works) await ledger.refresh();
      const streams = works.flatMap(streamsOf);
      const reasons = planRetention(streams.map(queueOf), policy, now);
      for (const [stream, why] of reasons) await trimStream(this.#context, stream, why, count);
      more = works.some(
        ({ ledger }) =>
          ledger.beyond > 0 &&
          streams.some(
            (stream) =>
              stream.blocks === ledger.small && reasons.get(stream)?.length === ledger.small.length,
          ),
      );
    }
    const idle = nowMs - STORE_LIMITS.writerIdleMs;
    for (const { lane } of works) {
      await runScript(this.#context.writes, FORGET_WRITERS, [lane.keys.writers, idle]);
    }
  }

  /** Frees what each server uses above a share of its memory, from the lanes that lie on it. */
  async #keepBelow(watermark: number, works: readonly LaneWork[], count: DropCount): Promise<void> {
    const lanes = works.map(({ lane }) => lane);
    if (!(await isAbove(this.#context, lanes, watermark))) return;
    for (let look = 0; look < LOOKS; look += 1) {
      for (const { ledger } of works) await ledger.refresh();
      let trimmed = false;
      for (const server of await memoryOf(this.#context.writes, lanes)) {
        const excess = server.limit === 0 ? 0 : server.used - server.limit * watermark;
        if (excess <= 0) continue;
        const there = works.filter(({ lane }) => server.lanes.includes(lane)).flatMap(streamsOf);
        for (const [stream, why] of planRetention(there.map(queueOf), {}, 0, excess)) {
          await trimStream(this.#context, stream, why, count);
          trimmed = true;
        }
      }
      if (!trimmed) return;
    }
  }

  async clear(request: ClearRequest): Promise<Tombstone> {
    if (request.filter.length > WORK_LIMITS.tombstoneUnits) {
      throw new ServiceError("NL_PARAMETER_INVALID", "The filter of a clearing is too long");
    }
    const id = randomBytes(9).toString("base64url");
    const createdMs = Date.now();
    const upTo: string[] = [];
    for (const lane of await this.#context.lanesOf([request.namespace])) {
      const last = await this.#clearLane(lane, id, request, createdMs);
      if (last !== "") upTo.push(writePosition({ lane: lane.number, ...readStreamId(last) }));
    }
    return { ...request, id, upTo, createdMs };
  }

  async #clearLane(
    lane: Lane,
    id: string,
    request: ClearRequest,
    createdMs: number,
  ): Promise<string> {
    const { tombstones, writers } = lane.keys;
    const json = writeTombstone(request, createdMs);
    const args = [tombstones, writers, id, json, WORK_LIMITS.tombstones];
    let last: string;
    try {
      last = String(await runScript(this.#context.writes, CLEAR, args));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("TOMBSTONES "))) throw error;
      throw new ServiceError("NL_CLEAR_LIMIT", undefined, { retryAfterSeconds: 60, cause: error });
    }
    if (request.filter === "" && last !== "") await this.#dropCleared(lane, request, last);
    return last;
  }

  /** Drops the large blocks that a clearing covers whole: nothing has to be decoded for it. */
  async #dropCleared(lane: Lane, request: ClearRequest, last: string): Promise<void> {
    // Not one to keep: clearing is asked for where no merging is done.
    const ledger = new LaneLedger(this.#context, lane);
    await ledger.refresh();
    const bound = readStreamId(last);
    const all = ledger.large.filter(
      (block) => comparePlaces(block.id, bound) <= 0 && isAllCleared(request, block),
    );
    const count = new DropCount();
    for (let at = 0; at < all.length; at += CLEARED_AT_ONCE) {
      const some = all.slice(at, at + CLEARED_AT_ONCE);
      const ids = some.map((block) => writeStreamId(block.id)).join(" ");
      try {
        // Needs neither lease nor count: it drops what is cleared, whoever else does.
        const args = ["", "", ids, 0, "", "", ""];
        await runScript(this.#context.writes, REWRITE, [...rewriteKeys(lane.keys), ...args]);
        for (const block of some) count.add(lane.namespace, "cleared", block);
      } catch (error) {
        // Others drop or rewrite them too: the merger takes out what is left.
        if (!(error instanceof Error && error.message.startsWith("GONE "))) throw error;
      }
    }
    this.#dropped.addAll(count.retained());
  }

  async relieve(): Promise<boolean> {
    const count = new DropCount();
    const hadRoom = await relieve(this.#context, count);
    const retained = count.retained();
    this.#dropped.addAll(retained);
    return hadRoom || retained.blocks > 0;
  }

  canRelieve(): Promise<boolean> {
    return canRelieve(this.#context);
  }

  async isDue(policy: RetentionPolicy, nowMs: number): Promise<boolean> {
    if (this.#context.reads.status !== "ready") return false;
    return isWorkDue(this.#context, policy, nowMs);
  }

  stats(): WorkStats {
    let records = 0;
    let blocks = 0;
    let tombstones = 0;
    for (const { ledger } of this.#lanes.values()) {
      tombstones += ledger.tombstones.all.length;
      const waiting = ledger.small.length + ledger.beyond;
      if (waiting < WORK_LIMITS.quietBlocks) continue;
      const seen = ledger.small.reduce((sum, block) => sum + block.records, 0);
      blocks += waiting;
      // What was not looked at is taken to be like what was.
      records += Math.round((seen * waiting) / ledger.small.length);
    }
    return {
      mergeDebt: { records, blocks },
      merged: { ...this.#merged },
      tombstones,
      dropped: this.#dropped.retained().by,
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#lanes.values()].map((work) => work.give()));
    this.#lanes.clear();
  }

  async #all(): Promise<readonly LaneWork[]> {
    // An empty directory is an answer; no connection is none.
    if (this.#context.reads.status !== "ready") throw unavailable();
    return (await this.#context.allLanes()).map((lane) => this.#work(lane));
  }

  #work(lane: Lane): LaneWork {
    const known = this.#lanes.get(lane.number);
    if (known !== undefined) return known;
    const work = new LaneWork(this.#context, lane, this.#holder);
    this.#lanes.set(lane.number, work);
    return work;
  }
}

/** Blocks that one script drops: it holds up all others on that server meanwhile. */
const CLEARED_AT_ONCE = 64;

function streamsOf({ lane, ledger }: LaneWork): readonly LaneStream[] {
  return [
    { lane, kind: "small", blocks: ledger.small },
    { lane, kind: "large", blocks: ledger.large },
  ];
}

function queueOf(stream: LaneStream) {
  return { key: stream, namespace: stream.lane.namespace, blocks: stream.blocks };
}
