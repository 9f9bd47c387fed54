import type { Principal } from "../access/principal.ts";
import { BatchBuilder } from "../ingest/batch.ts";
import type { Asked } from "../operations/questions.ts";
import type { Searcher } from "../operations/search.ts";
import type { SearchQuery } from "../operations/search-query.ts";
import type { Writer } from "../operations/write.ts";
import { normalize } from "../record/normalize.ts";
import type { LogApi, LogEntry } from "./log-api.ts";

/** The log service itself, for a caller that the door knows. */
export class DirectLogApi implements LogApi {
  readonly #principal: Principal;
  readonly #writer: Writer;
  readonly #searcher: Searcher;

  constructor(principal: Principal, writer: Writer, searcher: Searcher) {
    this.#principal = principal;
    this.#writer = writer;
    this.#searcher = searcher;
  }

  async log(entries: readonly LogEntry[], namespace: string | undefined) {
    this.#writer.admit(this.#principal);
    const context = this.#writer.context(this.#principal, namespace);
    const batch = new BatchBuilder();
    for (const entry of entries) batch.add(normalize(entry, context));
    const bytes = Buffer.byteLength(JSON.stringify(entries));
    return this.#writer.write(this.#principal, batch, "mcp", bytes);
  }

  async search(query: SearchQuery, signal: AbortSignal) {
    return this.#searcher.search(this.#principal, query, signal);
  }

  count: LogApi["count"] = (query, signal) => this.#ask({ kind: "count", ...query }, signal);
  histogram: LogApi["histogram"] = (query, signal) =>
    this.#ask({ kind: "histogram", ...query }, signal);
  patterns: LogApi["patterns"] = (query, signal) =>
    this.#ask({ kind: "patterns", ...query }, signal);
  context: LogApi["context"] = (query, signal) => this.#ask({ kind: "context", ...query }, signal);
  trace: LogApi["trace"] = (query, signal) => this.#ask({ kind: "trace", ...query }, signal);
  aggregate: LogApi["aggregate"] = (query, signal) =>
    this.#ask({ kind: "aggregate", ...query }, signal);

  async namespaces() {
    return this.#searcher.namespaces(this.#principal);
  }

  async #ask<T>(asked: Asked, signal: AbortSignal): Promise<T> {
    const body = await this.#searcher.answer(this.#principal, asked, "json", signal);
    return JSON.parse(Buffer.from(body).toString());
  }
}
