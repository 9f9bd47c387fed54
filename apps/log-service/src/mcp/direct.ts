import type { Principal } from "../access/principal.ts";
import { BatchBuilder } from "../ingest/batch.ts";
import type { Administration, Administrator } from "../operations/administration.ts";
import type { Follower } from "../operations/follow.ts";
import type { Levels } from "../operations/levels.ts";
import type { Asked } from "../operations/questions.ts";
import type { Searcher } from "../operations/search.ts";
import type { DirectStore } from "../operations/store-directly.ts";
import type { Writer } from "../operations/write.ts";
import { normalize, type NormalizeContext } from "../record/normalize.ts";
import type { PreparedRecord } from "../record/record.ts";
import { followOnce } from "./follow-once.ts";
import type { Call, ClearAsked, FollowAsked, LogApi, LogEntry } from "./log-api.ts";

export interface DirectDeps {
  readonly writer: Writer;
  readonly searcher: Searcher;
  readonly follower: Follower;
  readonly directStore: DirectStore;
  readonly administration: Administration;
  readonly levels: Levels;
  /** What the archive takes on disk; undefined where there is none or it is away. */
  readonly archiveBytes: () => Promise<number | undefined>;
}

/** The log service itself, for a caller that the door knows. */
export class DirectLogApi implements LogApi {
  readonly #caller: () => Administrator;
  readonly #deps: DirectDeps;

  /** @param caller Asked at each call: on a connection that stays open, what a key may can change. */
  constructor(caller: () => Administrator, deps: DirectDeps) {
    this.#caller = caller;
    this.#deps = deps;
  }

  get #principal(): Principal {
    return this.#caller().principal;
  }

  async log(entries: readonly LogEntry[], namespace: string | undefined, { trace }: Call) {
    const { writer } = this.#deps;
    const principal = this.#principal;
    writer.admit(principal);
    const context = traced(writer.context(principal, namespace), trace);
    const { batch, bytes } = read(entries, context);
    return writer.write(principal, batch, "mcp", bytes);
  }

  async archive(
    entries: readonly LogEntry[],
    namespace: string | undefined,
    { trace }: Call,
    idempotencyKey?: string,
  ) {
    const { directStore, writer } = this.#deps;
    const principal = this.#principal;
    writer.admit(principal);
    const context = traced(writer.context(principal, namespace), trace);
    const { batch, bytes } = read(entries, context);
    const ids = await directStore.store(principal, context, batch, "mcp", bytes, idempotencyKey);
    return { ids };
  }

  search: LogApi["search"] = (query, { signal }) =>
    this.#deps.searcher.search(this.#principal, query, signal);
  count: LogApi["count"] = (query, call) => this.#ask({ kind: "count", ...query }, call);
  facets: LogApi["facets"] = (query, call) => this.#ask({ kind: "facets", ...query }, call);
  values: LogApi["values"] = (query, call) => this.#ask({ kind: "values", ...query }, call);
  histogram: LogApi["histogram"] = (query, call) =>
    this.#ask({ kind: "histogram", ...query }, call);
  patterns: LogApi["patterns"] = (query, call) => this.#ask({ kind: "patterns", ...query }, call);
  context: LogApi["context"] = (query, call) => this.#ask({ kind: "context", ...query }, call);
  trace: LogApi["trace"] = (query, call) => this.#ask({ kind: "trace", ...query }, call);
  aggregate: LogApi["aggregate"] = (query, call) =>
    this.#ask({ kind: "aggregate", ...query }, call);

  async follow({ limit, waitMs, ...query }: FollowAsked, { signal }: Call) {
    const { follower, searcher } = this.#deps;
    const principal = this.#principal;
    follower.admit(principal);
    // Nothing is later than now: what this reads is where the store stands.
    const { namespace } = query;
    const after =
      query.after ??
      (await searcher.search(principal, { namespace, from: "now", limit: 1 }, signal)).position;
    return followOnce((sink) => follower.open(principal, { ...query, after }, "sse", sink), {
      after,
      limit,
      waitMs,
      signal,
    });
  }

  async clear(asked: ClearAsked, { signal }: Call) {
    const { administration, writer } = this.#deps;
    const caller = this.#caller();
    const namespace = asked.namespace ?? [writer.defaultNamespace(caller.principal)];
    const done = await administration.clear(caller, { ...asked, namespace }, signal);
    return {
      namespaces: done.namespaces,
      records: done.truncated ? undefined : done.records,
    };
  }

  setLevel: LogApi["setLevel"] = (asked) =>
    this.#deps.administration.setLevel(this.#caller(), asked);

  levels: LogApi["levels"] = () => this.#deps.levels.list(this.#principal);

  namespaces: LogApi["namespaces"] = () => this.#deps.searcher.namespaces(this.#principal);

  archiveBytes: LogApi["archiveBytes"] = () => this.#deps.archiveBytes();

  async #ask<T>(asked: Asked, { signal }: Call): Promise<T> {
    const body = await this.#deps.searcher.answer(this.#principal, asked, "json", signal);
    return JSON.parse(Buffer.from(body).toString());
  }
}

/** Records that name no trace get the call's. */
function traced(context: NormalizeContext, trace: Call["trace"]): NormalizeContext {
  return trace?.stamps === true ? { ...context, traceId: trace.id } : context;
}

function read(entries: readonly LogEntry[], context: NormalizeContext) {
  const batch = new BatchBuilder();
  for (const entry of entries) batch.add(normalize(entry, context));
  // Of what is stored: what is rejected may be nested deeper than could be written as JSON again.
  return { batch, bytes: batch.records.reduce((sum, record) => sum + bytesOf(record), 0) };
}

function bytesOf({ message, metadata, tags, source }: PreparedRecord): number {
  return Buffer.byteLength(message) + Buffer.byteLength(metadata) + tags.length + source.length;
}
