import { createHash } from "node:crypto";

import type { RawBlock } from "../../block/encode.ts";
import type { SealedBlock } from "../../block/seal.ts";
import { ServiceError } from "../../errors.ts";
import { STORE_LIMITS } from "../../limits.ts";
import type { PreparedRecord } from "../../record/record.ts";
import type { AppendOptions } from "../port.ts";
import { groupByNamespace } from "../split.ts";
import type { Place } from "../stored-block.ts";
import { Committer } from "./committer.ts";
import type { RedisClient } from "./connection.ts";
import { isForgotten } from "./failure.ts";
import { unitsOfAll } from "./group.ts";
import type { Lane } from "./keys.ts";
import { LanePicker } from "./lane-picker.ts";
import { assignLanes } from "./lanes.ts";
import { LaneWriter } from "./writer.ts";

export interface AppenderOptions {
  /** 1 to `STORE_LIMITS.lanes`. */
  readonly lanes: number;
  /**
   * Undefined while the server may be written to; else tells when, or rejects with what callers
   * are to hear.
   */
  readonly becomesReady: () => Promise<void> | undefined;
  /** Drops some of the oldest blocks as memory is full; answers whether another try makes sense. */
  readonly relieve: () => Promise<boolean>;
}

/** Appending to all lanes: a queue with a bound, and a committer for each lane. */
export class Appender {
  readonly stats = {
    waitingRecords: 0,
    waitingUnits: 0,
    commits: 0,
    committedRecords: 0,
    committedBytes: 0,
    retriedCommits: 0,
    failedCommits: 0,
  };
  readonly #client: RedisClient;
  readonly #options: AppenderOptions;
  #pickers = new Map<string, LanePicker<Committer>>();
  #opening = new Map<string, Promise<LanePicker<Committer>>>();
  #relieving: Promise<boolean> | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  #refusedAt = Number.NEGATIVE_INFINITY;
  readonly #start = Math.floor(Math.random() * STORE_LIMITS.lanes);

  constructor(client: RedisClient, options: AppenderOptions) {
    this.#client = client;
    this.#options = options;
  }

  append(records: readonly PreparedRecord[], { idempotencyKey }: AppendOptions) {
    return this.#queue(records.length, unitsOfAll(records), () =>
      this.#appendAll(records, idempotencyKey),
    );
  }

  appendBlock(namespace: string, block: RawBlock, { idempotencyKey }: AppendOptions) {
    const { records, rawBytes } = block.summary;
    return this.#queue(records, rawBytes, async () => {
      const picker = this.#pickers.get(namespace) ?? (await this.#openPicker(namespace));
      const key = shortKey(idempotencyKey);
      const lane = key === undefined ? picker.forLarge() : picker.forKey(key.digest);
      return lane.appendBlock(block, key?.text ?? "");
    });
  }

  /** Whether memory was found full of late, whatever could be dropped. */
  get wasRefused(): boolean {
    return performance.now() - this.#refusedAt < STORE_LIMITS.refusedMs;
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** After a restart, or emptied, the server may not know the lanes any more. */
  forget(): void {
    this.#pickers = new Map();
    this.#opening = new Map();
  }

  async #queue<Ids>(records: number, units: number, append: () => Promise<Ids>): Promise<Ids> {
    if (this.stats.waitingUnits + units > STORE_LIMITS.queueUnits) {
      throw new ServiceError("NL_STORE_BUSY", undefined, { retryAfterSeconds: 1 });
    }
    this.stats.waitingRecords += records;
    this.stats.waitingUnits += units;
    const ready = this.#options.becomesReady();
    const appended = ready === undefined ? append() : ready.then(append);
    this.#underWay.add(appended);
    const pickers = this.#pickers;
    try {
      return await appended;
    } catch (error) {
      if (!isForgotten(error)) throw error;
      // Somebody emptied the server: lanes get numbers anew, once for all who hear of it.
      if (this.#pickers === pickers) this.forget();
      return await append();
    } finally {
      this.#underWay.delete(appended);
      this.stats.waitingRecords -= records;
      this.stats.waitingUnits -= units;
    }
  }

  async #appendAll(
    records: readonly PreparedRecord[],
    idempotencyKey: string | undefined,
  ): Promise<readonly string[]> {
    const groups = groupByNamespace(records);
    const [only] = groups.keys();
    if (groups.size === 1 && only !== undefined) {
      return this.#appendTo(only, records, idempotencyKey);
    }
    const ids: string[] = [];
    const parts = [...groups].map(async ([namespace, places]) => {
      const mine = places.flatMap((place) => records[place] ?? []);
      const given = await this.#appendTo(namespace, mine, idempotencyKey);
      places.forEach((place, index) => {
        ids[place] = given[index] ?? "";
      });
    });
    await Promise.all(parts);
    return ids;
  }

  async #appendTo(
    namespace: string,
    records: readonly PreparedRecord[],
    idempotencyKey: string | undefined,
  ): Promise<readonly string[]> {
    const picker = this.#pickers.get(namespace) ?? (await this.#openPicker(namespace));
    const key = shortKey(idempotencyKey);
    if (key !== undefined) return picker.forKey(key.digest).append(records, key.text);
    const isLarge = records.length >= STORE_LIMITS.ownBlockRecords;
    return (isLarge ? picker.forLarge() : picker.forSmall(performance.now())).append(records, "");
  }

  /** One request for the lanes of a namespace, whoever asks meanwhile: its writers share groups. */
  #openPicker(namespace: string): Promise<LanePicker<Committer>> {
    const opening = this.#opening.get(namespace);
    if (opening !== undefined) return opening;
    const [pickers, all] = [this.#pickers, this.#opening];
    const picker = this.#createPicker(namespace);
    all.set(namespace, picker);
    picker
      .then((opened) => pickers.set(namespace, opened))
      .catch(() => undefined)
      .finally(() => all.delete(namespace));
    return picker;
  }

  async #createPicker(namespace: string): Promise<LanePicker<Committer>> {
    const lanes = await assignLanes(this.#client, namespace, this.#options.lanes);
    const [first, ...others] = lanes.map((lane) => this.#committer(lane));
    if (first === undefined) throw new TypeError("a namespace has at least one lane");
    return new LanePicker([first, ...others], this.#start);
  }

  #committer({ number, keys }: Lane): Committer {
    const writer = new LaneWriter(this.#client, keys, {
      onRetry: () => {
        this.stats.retriedCommits += 1;
      },
      onFull: () => this.#relieve(),
    });
    return new Committer(number, (block, key) => this.#commit(writer, block, key));
  }

  /** Many commits may find memory full at once: one trims for all. */
  #relieve(): Promise<boolean> {
    this.#relieving ??= this.#options
      .relieve()
      .catch(() => false)
      .finally(() => {
        this.#relieving = undefined;
      });
    return this.#relieving;
  }

  async #commit(writer: LaneWriter, block: SealedBlock, key: string): Promise<Place> {
    try {
      const place = await writer.commit(block, key);
      this.stats.commits += 1;
      this.stats.committedRecords += block.records;
      this.stats.committedBytes += block.header.length + block.body.length;
      this.#refusedAt = Number.NEGATIVE_INFINITY;
      return place;
    } catch (error) {
      this.stats.failedCommits += 1;
      if (error instanceof ServiceError && error.code === "NL_STORE_FULL") {
        this.#refusedAt = performance.now();
      }
      throw error;
    }
  }
}

/** Keys of any length and bytes, made short: 22 characters. */
function shortKey(key: string | undefined): { text: string; digest: Buffer } | undefined {
  if (key === undefined) return undefined;
  const digest = createHash("sha256").update(key).digest().subarray(0, 16);
  return { text: digest.toString("base64url"), digest };
}
