import { AdminCalls, type SourceLevel } from "./admin.ts";
import {
  has,
  isArchiveResult,
  isNamespaceList,
  isSearchPage,
  isWriteResult,
  notNeuralLog,
  says,
} from "./answers.ts";
import { exportRecords } from "./export.ts";
import { Following, type FollowOptions, type FollowParams } from "./follow.ts";
import {
  followLevels,
  readLevels,
  type FollowLevelsOptions,
  type ProgramLevels,
} from "./levels.ts";
import { questionPath, type QuestionParams } from "./query-string.ts";
import type {
  Aggregate,
  AggregateParams,
  Context,
  ContextParams,
  Count,
  CountParams,
  ExportOptions,
  ExportParams,
  Facets,
  FacetsParams,
  Histogram,
  HistogramParams,
  Patterns,
  PatternsParams,
  Trace,
  TraceParams,
  Values,
  ValuesParams,
} from "./questions.ts";
import type { ServiceStats } from "./stats.ts";
import { Transport, type CallOptions, type TransportOptions } from "./transport.ts";
import type {
  ArchiveResult,
  LogInput,
  LogRecord,
  NamespaceInfo,
  SearchPage,
  SearchParams,
  WriteResult,
} from "./types.ts";

export type ClientOptions = TransportOptions;

export interface WriteOptions extends CallOptions {
  /** For the records that name none. */
  readonly namespace?: string;
  /**
   * Names this batch, for ten minutes: sent again under it, by this call or a later one, it is stored
   * once. One of its own when left out; `false` for none: many small writes that come at once then share
   * a block of the store, and a lost answer is not asked for again.
   */
  readonly idempotencyKey?: string | false | undefined;
}

/** Talks to one tenant's log service over HTTP. Every method throws NeuralLogError and nothing else. */
export class NeuralLogClient {
  readonly #transport: Transport;
  /** For keys with the role admin. */
  readonly admin: AdminCalls;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
    this.admin = new AdminCalls(this.#transport);
  }

  get url(): string {
    return this.#transport.url;
  }

  /**
   * Stores records. Resolves when they are kept, with what was rejected and why; neighbours of a
   * rejected record are stored. A lost answer is asked for again, and nothing is stored twice by it.
   */
  async write(
    records: LogInput | readonly LogInput[],
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return this.#write(JSON.stringify(records), "application/json", options);
  }

  /** Stores records that are lines of JSON already; lines are passed on unread. */
  async writeLines(
    ndjson: string | Uint8Array<ArrayBuffer>,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return this.#write(ndjson, "application/x-ndjson", options);
  }

  /**
   * Stores records in the tenant's archive, in one transaction: all of them or, where one is not
   * valid, none. At most 1,000. A lost answer is asked for again, and nothing is stored twice by it:
   * the batch is known by its key for an hour.
   */
  async archive(
    records: readonly LogInput[],
    { namespace, idempotencyKey, signal, traceId }: WriteOptions = {},
  ): Promise<ArchiveResult> {
    const query = namespace === undefined ? "" : `?namespace=${encodeURIComponent(namespace)}`;
    const key = idempotencyKey ?? crypto.randomUUID();
    const body = await this.#transport.call({
      method: "POST",
      path: `/api/logs/archive${query}`,
      body: JSON.stringify(records),
      contentType: "application/json",
      ...(key === false ? {} : { headers: { "idempotency-key": key }, repeatable: true }),
      signal,
      traceId,
    });
    if (!isArchiveResult(body)) throw notNeuralLog();
    return body;
  }

  /** One page of what matches. */
  async search(params: SearchParams = {}, options: CallOptions = {}): Promise<SearchPage> {
    return this.#ask("/api/logs", params, isSearchPage, options);
  }

  /** All that matches, page after page. `params.limit` is the size of a page here. */
  async *searchAll(
    params: SearchParams = {},
    options: CallOptions = {},
  ): AsyncGenerator<LogRecord, void, undefined> {
    let page = await this.search(params, options);
    for (;;) {
      yield* page.records;
      if (page.next_cursor === null) return;
      page = await this.search({ ...params, cursor: page.next_cursor }, options);
    }
  }

  /** How many records match, and with `by` how many have each value of a field. */
  async count(params: CountParams = {}, options: CallOptions = {}): Promise<Count> {
    return this.#ask("/api/logs/count", params, says<Count>("count"), options);
  }

  /** How many records match in each interval of time, by level. */
  async histogram(params: HistogramParams = {}, options: CallOptions = {}): Promise<Histogram> {
    return this.#ask("/api/logs/histogram", params, has<Histogram>("buckets"), options);
  }

  /** The commonest values of several fields. */
  async facets(params: FacetsParams = {}, options: CallOptions = {}): Promise<Facets> {
    return this.#ask("/api/logs/facets", params, has<Facets>("facets"), options);
  }

  /** The distinct values of one field, by value. */
  async values(params: ValuesParams, options: CallOptions = {}): Promise<Values> {
    return this.#ask("/api/logs/values", params, has<Values>("values"), options);
  }

  /** What messages have in common, the commonest first. */
  async patterns(params: PatternsParams = {}, options: CallOptions = {}): Promise<Patterns> {
    return this.#ask("/api/logs/patterns", params, has<Patterns>("patterns"), options);
  }

  /** What came before and after a record. */
  async context(params: ContextParams, options: CallOptions = {}): Promise<Context> {
    return this.#ask("/api/logs/context", params, has<Context>("before"), options);
  }

  /** A trace's records across sources in the order of time, with durations. */
  async trace(params: TraceParams, options: CallOptions = {}): Promise<Trace> {
    return this.#ask("/api/logs/trace", params, has<Trace>("records"), options);
  }

  /** What a query's pipes make of the records. */
  async aggregate(params: AggregateParams, options: CallOptions = {}): Promise<Aggregate> {
    return this.#ask("/api/logs/aggregate", params, has<Aggregate>("rows"), options);
  }

  /**
   * Everything that matches, as it comes: a slow reader slows the service down and fills no memory. A
   * stream that breaks is taken up where it broke.
   * @throws NeuralLogError NLC_CUT when it breaks again and again.
   */
  export(
    params: ExportParams = {},
    options: ExportOptions = {},
  ): AsyncGenerator<LogRecord, void, undefined> {
    return exportRecords(this.#transport, params, options);
  }

  /** What is stored from now on, or since a position, until the signal or the loop ends it. */
  follow(params: FollowParams = {}, options: FollowOptions = {}): Following {
    return new Following(this.#transport, params, options);
  }

  /** The least level that each source should send, and the logical namespace that the key writes to. */
  async levels(options: CallOptions = {}): Promise<ProgramLevels> {
    return readLevels(this.#transport, options);
  }

  /** The least level that each source should send: those of now, and again at every change. */
  followLevels(
    options: FollowLevelsOptions = {},
  ): AsyncGenerator<readonly SourceLevel[], void, undefined> {
    return followLevels(this.#transport, options);
  }

  /** How the service and its store do, at this moment. */
  async stats(options: CallOptions = {}): Promise<ServiceStats> {
    return this.#ask("/api/stats", {}, says<ServiceStats>("uptime_seconds"), options);
  }

  /** The logical namespaces that the key reaches. */
  async namespaces(options: CallOptions = {}): Promise<readonly NamespaceInfo[]> {
    const body = await this.#transport.call({
      method: "GET",
      path: "/api/namespaces",
      signal: options.signal,
      traceId: options.traceId,
    });
    if (!isNamespaceList(body)) throw notNeuralLog();
    return body.namespaces;
  }

  async #ask<T, P extends QuestionParams>(
    path: string,
    params: P,
    isAnswer: (body: unknown) => body is T,
    { signal, traceId }: CallOptions,
  ): Promise<T> {
    const body = await this.#transport.call({
      method: "GET",
      path: questionPath(path, params),
      signal,
      traceId,
    });
    if (!isAnswer(body)) throw notNeuralLog();
    return body;
  }

  async #write(
    body: string | Uint8Array<ArrayBuffer>,
    contentType: string,
    options: WriteOptions,
  ): Promise<WriteResult> {
    const query =
      options.namespace === undefined ? "" : `?namespace=${encodeURIComponent(options.namespace)}`;
    const key = options.idempotencyKey ?? crypto.randomUUID();
    const answer = await this.#transport.call({
      method: "POST",
      path: `/api/logs${query}`,
      body,
      contentType,
      ...(key === false ? {} : { headers: { "idempotency-key": key }, repeatable: true }),
      signal: options.signal,
      traceId: options.traceId,
      // A batch of which nothing could be stored is answered with 400 and the reasons.
      accept: (status, answer) => status === 400 && isWriteResult(answer),
    });
    if (!isWriteResult(answer)) throw notNeuralLog();
    return answer;
  }
}
