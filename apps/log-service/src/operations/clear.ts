import { randomUUID } from "node:crypto";

import { requireChange } from "../access/authorize.ts";
import type { Principal } from "../access/principal.ts";
import type { PendingClearings } from "../archive/clearings/port.ts";
import type { QueryEngine } from "../query/engine/port.ts";
import { EVERYTHING, type Filter, type Moment } from "../query/filter.ts";
import { writeFilterJson } from "../query/filter-json.ts";
import type { ClearRequest, LogStore, Tombstone } from "../store/port.ts";
import { ServiceError } from "../errors.ts";
import { invalidParameter } from "./invalid-parameter.ts";
import { checkNamespace, type NamespaceConfig } from "./namespace.ts";
import { readMoment, readQuery, type FilterQuery } from "./search-query.ts";

/** What to clear, in a caller's words. */
export interface ClearAsked extends FilterQuery {
  /** Has to be true for clearing without any condition. */
  readonly everything?: boolean | undefined;
}

export interface ClearPreview {
  readonly namespaces: readonly string[];
  /** Records that match now. */
  readonly records: number;
  /** A limit on work ended the count early. */
  readonly truncated: boolean;
}

export interface ClearedAnswer {
  readonly tombstones: readonly { readonly id: string; readonly namespace: string }[];
}

export interface ClearDeps {
  readonly store: LogStore;
  readonly engine: QueryEngine;
  readonly namespaces: NamespaceConfig;
  /** Keeps what the archive has to clear too; undefined for a tenant without one. */
  readonly clearings?: Clearings | undefined;
}

type Clearings = Pick<PendingClearings, "begin" | "add" | "done">;

interface Read {
  readonly namespaces: readonly string[];
  readonly filter: Filter;
  readonly from: Moment | undefined;
  readonly to: Moment | undefined;
}

/** Makes records vanish for ever, by what they are and when they were. */
export class Clearer {
  readonly #deps: ClearDeps;

  constructor(deps: ClearDeps) {
    this.#deps = deps;
  }

  /** What clearing would take out, and takes nothing out. */
  async preview(
    principal: Principal,
    asked: ClearAsked,
    signal: AbortSignal,
  ): Promise<ClearPreview> {
    const { namespaces, filter, from, to } = this.#read(principal, asked);
    const scope = { names: namespaces, carried: false };
    const { count, truncated } = await this.#deps.engine.ask(
      { kind: "count", scope, filter, from, to },
      signal,
    );
    return { namespaces, records: count, truncated };
  }

  /** Resolved means that no search, count or follower sees the records any more. */
  async clear(principal: Principal, asked: ClearAsked): Promise<ClearedAnswer> {
    const { namespaces, filter, from, to } = this.#read(principal, asked);
    const written = writeFilterJson(exactly(filter, from, to));
    const requests = namespaces.map((namespace): ClearRequest => ({
      namespace,
      filter: written,
      fromMs: from?.ms,
      // The first millisecond that is wholly out.
      toMs: to === undefined ? undefined : to.ms + Math.sign(to.nanos),
      by: principal.name,
    }));
    const { store, clearings } = this.#deps;
    const tombstones =
      clearings === undefined
        ? await inTurn(requests, (request) => store.clear(request))
        : await this.#clearBoth(requests, clearings);
    return { tombstones: tombstones.map(({ id, namespace }) => ({ id, namespace })) };
  }

  /**
   * In the archive too. A place is kept there first, so that either both are cleared or none: whatever
   * is cut off after that is finished by who moves records.
   */
  async #clearBoth(
    requests: readonly ClearRequest[],
    clearings: Clearings,
  ): Promise<readonly Tombstone[]> {
    const createdMs = Date.now();
    const intended = requests.map((request): Tombstone => ({
      ...request,
      id: randomUUID(),
      upTo: [],
      createdMs,
    }));
    let open = intended;
    try {
      await inTurn(intended, (each) => clearings.begin(each));
      return await inTurn(intended, async (each) => {
        open = open.filter((other) => other !== each);
        // From the hot store first: what is on its way to the archive meanwhile is cleared there.
        const tombstone = await this.#clearHot(each, clearings);
        await clearings.add(tombstone, each.id);
        return tombstone;
      });
    } catch (error) {
      // Nothing of these was cleared. One that cannot be taken back now is carried out all the same.
      await clearings.done(open.map(({ id }) => id)).catch(() => undefined);
      throw error;
    }
  }

  async #clearHot({ id, ...request }: Tombstone, clearings: Clearings): Promise<Tombstone> {
    const { namespace, filter, fromMs, toMs, by } = request;
    try {
      return await this.#deps.store.clear({ namespace, filter, fromMs, toMs, by });
    } catch (error) {
      // Refused, and so not begun; of any other failure nobody knows how far it came.
      const isRefused =
        error instanceof ServiceError &&
        (error.code === "NL_CLEAR_LIMIT" || error.code === "NL_PARAMETER_INVALID");
      if (isRefused) await clearings.done([id]).catch(() => undefined);
      throw error;
    }
  }

  /** Clearings that still have records to take out of blocks. */
  async tombstones(principal: Principal): Promise<readonly Tombstone[]> {
    const { store } = this.#deps;
    const names = await store.names();
    return store.tombstones(
      names.filter((name) => principal.namespaces === "*" || principal.namespaces.has(name)),
    );
  }

  #read(principal: Principal, asked: ClearAsked): Read {
    const { namespaces: config } = this.#deps;
    const names = asked.namespace ?? (config.enabled ? [] : [config.default]);
    // Never all of them by leaving it out: a slip would cost the logs of others.
    if (names.length === 0) throw invalidParameter("namespace", "has to be named");
    for (const name of names) {
      checkNamespace(principal, name, config);
      requireChange(principal, name);
    }
    const now = Date.now();
    const { filter, pipes } = readQuery(asked, now);
    if (pipes.length > 0) throw new ServiceError("NL_QUERY_PIPES");
    const from = asked.from === undefined ? undefined : readMoment("from", asked.from, now);
    const to = asked.to === undefined ? undefined : readMoment("to", asked.to, now);
    if (
      letsAllThrough(filter) &&
      from === undefined &&
      to === undefined &&
      asked.everything !== true
    ) {
      throw invalidParameter("everything", "has to be true to clear without any condition");
    }
    return { namespaces: [...new Set(names)], filter, from, to };
  }
}

/** One after the other. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** Also a query without a word: from a variable that was empty it would clear everything. */
function letsAllThrough(filter: Filter): boolean {
  return filter.kind === "all" && filter.of.every(letsAllThrough);
}

/** The store counts in milliseconds; what is finer goes into the filter. */
function exactly(filter: Filter, from: Moment | undefined, to: Moment | undefined): Filter {
  const finer = (from?.nanos ?? 0) !== 0 || (to?.nanos ?? 0) !== 0;
  if (!finer) return letsAllThrough(filter) ? EVERYTHING : filter;
  return { kind: "all", of: [filter, { kind: "time", field: "timestamp", from, to }] };
}
