import { requireAction, requireChange } from "../access/authorize.ts";
import { AUDIT_NAMESPACE, mayChange, type Principal } from "../access/principal.ts";
import type { RateLimiter } from "../access/rate-limiter.ts";
import { ServiceError } from "../errors.ts";
import type { Batch, RejectedAt } from "../ingest/batch.ts";
import type { ColumnBatch } from "../ingest/json/read-columns.ts";
import type { Metrics, NamespaceCount, Protocol } from "../observe/metrics.ts";
import type { NormalizeContext, Rejection } from "../record/normalize.ts";
import type { Redactor } from "../record/redact.ts";
import type { LogStore } from "../store/port.ts";
import type { BlockIds } from "../store/position.ts";
import { checkNamespace, type NamespaceConfig } from "./namespace.ts";

export interface WriteDeps {
  readonly store: LogStore;
  readonly limiter: RateLimiter;
  readonly namespaces: NamespaceConfig;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
}

export interface WriteOutcome {
  readonly accepted: number;
  readonly rejected: readonly RejectedAt[];
  /** One for each record in the batch's order; `null` where it was rejected. */
  readonly ids: readonly (string | null)[];
}

/** The same for a batch of which each record was stored in one block. */
export interface BlockOutcome {
  readonly accepted: number;
  readonly rejected: readonly [];
  readonly ids: BlockIds;
}

export interface WriteOptions {
  /** The caller's name for this batch: sent again with it, the batch is stored once. */
  readonly idempotencyKey?: string | undefined;
}

/** Storing records for a caller, whichever door they came in by. */
export class Writer {
  readonly #deps: WriteDeps;

  constructor(deps: WriteDeps) {
    this.#deps = deps;
  }

  /**
   * Says whether the caller may write now, before its body is read: refusing is then cheap.
   * @throws ServiceError for a wrong role or a rate that is used up.
   */
  admit(principal: Principal): void {
    requireAction(principal, "write");
    const waitMs = this.#deps.limiter.waitMs(principal.name);
    if (waitMs > 0) {
      throw new ServiceError("NL_RATE_LIMITED", undefined, { retryAfterSeconds: waitMs / 1000 });
    }
  }

  /**
   * What records that say nothing else get.
   * @param requested The request's own namespace; without it a key of one namespace writes there.
   * @throws ServiceError when the caller does not reach it.
   */
  context(principal: Principal, requested: string | undefined): NormalizeContext {
    const namespace = requested ?? this.defaultNamespace(principal);
    if (requested !== undefined) {
      checkNamespace(principal, requested, this.#deps.namespaces);
      requireChange(principal, requested);
    }
    return { namespace, received: Date.now() };
  }

  /**
   * Stores a batch and resolves when it is kept.
   * @param bytes Size of the body, for the rate and the metrics.
   * @throws ServiceError when the store cannot keep it; then nothing of it is acknowledged.
   */
  async write(
    principal: Principal,
    batch: Batch,
    protocol: Protocol,
    bytes: number,
    options: WriteOptions = {},
  ): Promise<WriteOutcome> {
    const { limiter, metrics, redactor, store } = this.#deps;
    limiter.charge(principal.name, batch.size, bytes);
    const { records, places, rejected, size } = this.#withinReach(principal, batch);
    let stored: readonly string[] = [];
    if (records.length > 0) {
      const started = performance.now();
      const clean = redactor.active ? records.map((record) => redactor.apply(record)) : records;
      stored = await store.append(clean, keyOf(principal, options));
      const seconds = (performance.now() - started) / 1000;
      metrics.stored(protocol, countByNamespace(records), bytes, seconds);
    }
    for (const { code } of rejected) metrics.rejected(code);
    const ids = stored.length === size ? stored : spread(stored, places, size);
    return { accepted: records.length, rejected, ids };
  }

  /** Whether batches may come as columns: not while each record must be looked at. */
  get takesColumns(): boolean {
    return !this.#deps.redactor.active;
  }

  /** As `write`, for a batch that was read into columns. */
  async writeColumns(
    principal: Principal,
    batch: ColumnBatch,
    protocol: Protocol,
    bytes: number,
    options: WriteOptions = {},
  ): Promise<WriteOutcome | BlockOutcome> {
    const { limiter, metrics, store } = this.#deps;
    limiter.charge(principal.name, batch.size, bytes);
    const mayEnter = this.#reach(principal);
    const refused = batch.blocks.filter(({ namespace }) => !mayEnter(namespace));
    const rejected = [
      ...batch.rejected,
      ...refused.flatMap(({ namespace, places }) => {
        const reason = this.#outOfReach(principal, namespace);
        return places.map((index) => ({ index, ...reason }));
      }),
    ];
    if (refused.length > 0) rejected.sort((a, b) => a.index - b.index);
    const blocks = batch.blocks.filter(({ namespace }) => mayEnter(namespace));
    const accepted = batch.size - rejected.length;
    const started = performance.now();
    const given = await Promise.all(
      blocks.map(({ namespace, block }, part) =>
        store.appendBlock(namespace, block, keyOf(principal, options, part)),
      ),
    );
    if (accepted > 0) {
      const counts = new Map<string, number>();
      for (const { namespace, places } of blocks) add(counts, namespace, places.length);
      metrics.stored(protocol, counts, bytes, (performance.now() - started) / 1000);
    }
    const [whole] = given;
    if (whole?.count === batch.size) return { accepted, rejected: [], ids: whole };
    for (const { code } of rejected) metrics.rejected(code);
    const ids: (string | null)[] = Array.from({ length: batch.size }, () => null);
    for (const [part, { places }] of blocks.entries()) {
      for (const [row, place] of places.entries()) ids[place] = given[part]?.at(row) ?? null;
    }
    return { accepted, rejected, ids };
  }

  /** Where a caller's records go that name no namespace. */
  defaultNamespace(principal: Principal): string {
    const fallback = this.#deps.namespaces.default;
    if (principal.namespaces === "*" || principal.namespaces.has(fallback)) return fallback;
    const [only, ...others] = principal.namespaces;
    return only === undefined || others.length > 0 ? fallback : only;
  }

  /** Takes out the records of namespaces that the caller does not reach; mostly there are none. */
  #withinReach(principal: Principal, batch: Batch): Batch {
    const mayEnter = this.#reach(principal);
    if (batch.records.every(({ namespace }) => mayEnter(namespace))) return batch;
    const kept = batch.records.map(({ namespace }) => mayEnter(namespace));
    const refused = batch.records.flatMap(({ namespace }, at) =>
      kept[at] === true
        ? []
        : [{ index: batch.places[at] ?? at, ...this.#outOfReach(principal, namespace) }],
    );
    return {
      records: batch.records.filter((_, at) => kept[at]),
      places: batch.places.filter((_, at) => kept[at]),
      rejected: [...batch.rejected, ...refused].sort((a, b) => a.index - b.index),
      size: batch.size,
    };
  }

  /** Tells the namespaces that the caller may write to. */
  #reach(principal: Principal): (namespace: string) => boolean {
    const { namespaces } = this.#deps;
    return principal.namespaces === "*" && namespaces.enabled
      ? (name) => name !== AUDIT_NAMESPACE
      : (name) => mayChange(principal, name) && (namespaces.enabled || name === namespaces.default);
  }

  #outOfReach(principal: Principal, namespace: string): Rejection {
    const { namespaces } = this.#deps;
    return namespaces.enabled || namespace === AUDIT_NAMESPACE
      ? {
          code: "NL_RECORD_NAMESPACE_FORBIDDEN",
          message: `the key ${principal.name} does not reach the namespace ${namespace}`,
        }
      : {
          code: "NL_RECORD_NAMESPACE",
          message: `this tenant has no namespace beside ${namespaces.default}`,
        };
  }
}

/** Ids at their records' places in the batch. */
function spread(ids: readonly string[], places: readonly number[], size: number) {
  const all = Array.from<string | null>({ length: size }).fill(null);
  for (const [at, place] of places.entries()) all[place] = ids[at] ?? null;
  return all;
}

/** Mostly there is one. */
function countByNamespace(
  records: readonly { readonly namespace: string }[],
): Iterable<NamespaceCount> {
  const [first] = records;
  if (first !== undefined && records.every(({ namespace }) => namespace === first.namespace)) {
    return [[first.namespace, records.length]];
  }
  const counts = new Map<string, number>();
  for (const { namespace } of records) add(counts, namespace, 1);
  return counts;
}

function add(counts: Map<string, number>, namespace: string, records: number): void {
  counts.set(namespace, (counts.get(namespace) ?? 0) + records);
}

/** The store's key for a part of a batch; callers' own keys must not meet. */
function keyOf(
  principal: Principal,
  { idempotencyKey }: WriteOptions,
  part = 0,
): { readonly idempotencyKey?: string } {
  if (idempotencyKey === undefined) return {};
  return { idempotencyKey: `${principal.name} ${part} ${idempotencyKey}` };
}
