import { NeuralLogClient, type LogInput } from "@neurallog/client";

import type { FilterQuery } from "../operations/search-query.ts";
import type { LogApi, LogEntry } from "./log-api.ts";

/** A log service over HTTP, with one API key. */
export class RemoteLogApi implements LogApi {
  readonly #client: NeuralLogClient;

  constructor(url: string, key: string | undefined) {
    // A model waits for the answer: rather an error that says 'try again' than a minute of silence.
    this.#client = new NeuralLogClient({ url, key, timeoutMs: 15_000, retries: 1 });
  }

  async log(entries: readonly LogEntry[], namespace: string | undefined) {
    // The tool's schema has checked what the type asks for; the service checks all of it again.
    const records: readonly LogInput[] = entries;
    return this.#client.write(records, namespace === undefined ? {} : { namespace });
  }

  search: LogApi["search"] = (query, signal) => this.#client.search(spelled(query), { signal });
  count: LogApi["count"] = (query, signal) => this.#client.count(spelled(query), { signal });
  histogram: LogApi["histogram"] = (query, signal) =>
    this.#client.histogram(spelled(query), { signal });
  patterns: LogApi["patterns"] = (query, signal) =>
    this.#client.patterns(spelled(query), { signal });
  context: LogApi["context"] = (query, signal) => this.#client.context(query, { signal });
  trace: LogApi["trace"] = (query, signal) => this.#client.trace(spelled(query), { signal });
  aggregate: LogApi["aggregate"] = (query, signal) =>
    this.#client.aggregate(spelled(query), { signal });

  async namespaces() {
    return this.#client.namespaces();
  }
}

/** Metadata as the client has it. */
function spelled<T extends FilterQuery>({ metadata, ...query }: T) {
  return {
    ...query,
    ...(metadata === undefined ? {} : { metadata: Object.fromEntries(metadata) }),
  };
}
