import { NeuralLogError } from "./errors.ts";
import { searchQuery } from "./query-string.ts";
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
    const query = searchQuery(params);
    const body = await this.#transport.call({
      method: "GET",
      path: query === "" ? "/api/logs" : `/api/logs?${query}`,
      signal: options.signal,
    });
    if (!isSearchPage(body)) throw notNeuralLog();
    return body;
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

function isNamespaceList(body: unknown): body is { readonly namespaces: readonly NamespaceInfo[] } {
  return Array.isArray(property(body, "namespaces"));
}
