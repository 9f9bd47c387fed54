import { NeuralLogError } from "./errors.ts";
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
import { property, Transport, type TransportOptions } from "./transport.ts";
import type {
  LogInput,
  LogRecord,
  NamespaceInfo,
  SearchPage,
  SearchParams,
  WriteResult,
} from "./types.ts";

export type ClientOptions = TransportOptions;

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** For the records that name none. */
  readonly namespace?: string;
}

/** Talks to one tenant's log service over HTTP. Every method throws NeuralLogError and nothing else. */
export class NeuralLogClient {
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
  }

  get url(): string {
    return this.#transport.url;
  }

  /**
   * Stores records. Resolves when they are kept, with what was rejected and why; neighbours of a
   * rejected record are stored. At least once: after a lost answer the caller cannot know.
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
    return this.#ask("/api/logs/count", params, isCount, options);
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
   * Everything that matches, as it comes: a slow reader slows the service down and fills no memory.
   * @throws NeuralLogError NLC_CUT when the stream ends before its end.
   */
  async *export(
    params: ExportParams = {},
    options: ExportOptions = {},
  ): AsyncGenerator<LogRecord, void, undefined> {
    const lines = this.#transport.lines({
      method: "GET",
      path: questionPath("/api/logs/export", params),
      accepts: "application/x-ndjson, application/json",
      signal: options.signal,
    });
    for await (const text of lines) {
      const line: unknown = JSON.parse(text);
      if (isRecord(line)) yield line;
      else if (property(line, "end") !== undefined) return;
      else {
        const cursor = property(property(line, "checkpoint"), "cursor");
        if (typeof cursor === "string") options.onCheckpoint?.(cursor);
      }
    }
    throw new NeuralLogError("NLC_CUT", "the export was cut before its end");
  }

  /** The logical namespaces that the key reaches. */
  async namespaces(options: CallOptions = {}): Promise<readonly NamespaceInfo[]> {
    const body = await this.#transport.call({
      method: "GET",
      path: "/api/namespaces",
      signal: options.signal,
    });
    if (!isNamespaceList(body)) throw notNeuralLog();
    return body.namespaces;
  }

  async #ask<T, P extends QuestionParams>(
    path: string,
    params: P,
    isAnswer: (body: unknown) => body is T,
    { signal }: CallOptions,
  ): Promise<T> {
    const body = await this.#transport.call({
      method: "GET",
      path: questionPath(path, params),
      signal,
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
    const answer = await this.#transport.call({
      method: "POST",
      path: `/api/logs${query}`,
      body,
      contentType,
      signal: options.signal,
      // A batch of which nothing could be stored is answered with 400 and the reasons.
      accept: (status, answer) => status === 400 && isWriteResult(answer),
    });
    if (!isWriteResult(answer)) throw notNeuralLog();
    return answer;
  }
}

function notNeuralLog(): NeuralLogError {
  return new NeuralLogError(
    "NLC_NOT_NEURALLOG",
    "the answer is not a log service's: is the address right?",
  );
}

// Enough to tell a log service from another server that answers 200: records are not checked one by one.

function isWriteResult(body: unknown): body is WriteResult {
  return (
    typeof property(body, "accepted") === "number" &&
    Array.isArray(property(body, "rejected")) &&
    Array.isArray(property(body, "ids"))
  );
}

function isSearchPage(body: unknown): body is SearchPage {
  const cursor = property(body, "next_cursor");
  return (
    Array.isArray(property(body, "records")) && (cursor === null || typeof cursor === "string")
  );
}

function isCount(body: unknown): body is Count {
  return typeof property(body, "count") === "number";
}

function has<T>(list: keyof T & string): (body: unknown) => body is T {
  return (body): body is T => Array.isArray(property(body, list));
}

function isRecord(line: unknown): line is LogRecord {
  return typeof property(line, "id") === "string";
}

function isNamespaceList(body: unknown): body is { readonly namespaces: readonly NamespaceInfo[] } {
  return Array.isArray(property(body, "namespaces"));
}
