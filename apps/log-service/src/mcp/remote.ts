import { NeuralLogClient, type LogInput } from "@neurallog/client";

import type { SearchQuery } from "../operations/search-query.ts";
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

  async search(query: SearchQuery, signal: AbortSignal) {
    const { metadata, ...rest } = query;
    return this.#client.search(
      { ...rest, ...(metadata === undefined ? {} : { metadata: Object.fromEntries(metadata) }) },
      { signal },
    );
  }

  async namespaces() {
    return this.#client.namespaces();
  }
}
