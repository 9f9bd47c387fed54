import { NeuralLogClient, type LogInput } from "@neurallog/client";

import { MCP_LIMITS } from "../limits.ts";
import type { FilterQuery } from "../operations/search-query.ts";
import type { Call, ClearAsked, FollowAsked, LogApi, LogEntry } from "./log-api.ts";
import { traceHeaders } from "./trace.ts";

/** A log service over HTTP, with one API key. */
export class RemoteLogApi implements LogApi {
  readonly #url: string;
  readonly #key: string | undefined;

  constructor(url: string, key: string | undefined) {
    this.#url = url;
    this.#key = key;
  }

  async log(entries: readonly LogEntry[], namespace: string | undefined, call: Call) {
    // The tool's schema has checked what the type asks for; the service checks all of it again.
    const records: readonly LogInput[] = entries;
    return this.#client(call).write(records, {
      signal: call.signal,
      ...(namespace === undefined ? {} : { namespace }),
    });
  }

  async archive(
    entries: readonly LogEntry[],
    namespace: string | undefined,
    call: Call,
    idempotencyKey?: string,
  ) {
    const records: readonly LogInput[] = entries;
    return this.#client(call).archive(records, {
      signal: call.signal,
      idempotencyKey,
      ...(namespace === undefined ? {} : { namespace }),
    });
  }

  search: LogApi["search"] = (query, call) => this.#client(call).search(spelled(query), call);
  count: LogApi["count"] = (query, call) => this.#client(call).count(spelled(query), call);
  facets: LogApi["facets"] = (query, call) => this.#client(call).facets(spelled(query), call);
  values: LogApi["values"] = (query, call) => this.#client(call).values(spelled(query), call);
  histogram: LogApi["histogram"] = (query, call) =>
    this.#client(call).histogram(spelled(query), call);
  patterns: LogApi["patterns"] = (query, call) => this.#client(call).patterns(spelled(query), call);
  context: LogApi["context"] = (query, call) => this.#client(call).context(query, call);
  trace: LogApi["trace"] = (query, call) => this.#client(call).trace(spelled(query), call);
  aggregate: LogApi["aggregate"] = (query, call) =>
    this.#client(call).aggregate(spelled(query), call);

  async follow({ limit, waitMs, after, ...query }: FollowAsked, call: Call) {
    const client = this.#client(call);
    const { namespace } = query;
    const start =
      after ?? (await client.search({ namespace, from: "now", limit: 1 }, call)).position;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), waitMs);
    const lost: (number | undefined)[] = [];
    const following = client.follow(spelled(query), {
      after: start,
      signal: AbortSignal.any([late.signal, call.signal]),
      catchUp: true,
      onDropped: ({ records }) => lost.push(records),
    });
    const records = [];
    let linger: NodeJS.Timeout | undefined;
    try {
      for await (const record of following) {
        records.push({ record, position: following.position ?? start });
        if (records.length >= limit) break;
        linger ??= setTimeout(() => late.abort(), MCP_LIMITS.followLingerMs);
      }
    } finally {
      clearTimeout(timer);
      clearTimeout(linger);
    }
    return {
      records,
      position: following.position ?? start,
      ...(lost.length === 0
        ? {}
        : { lost: lost.includes(undefined) ? null : lost.reduce<number>(plus, 0) }),
    };
  }

  async clear(asked: ClearAsked, call: Call) {
    const client = this.#client(call);
    const { admin } = client;
    const { metadata: _none, ...known } = spelled(asked);
    const namespace = known.namespace ?? (await ownNamespace(client, call));
    const params = { ...known, namespace };
    const preview = await admin.previewClear(params, call);
    await admin.clear(params, call);
    return {
      namespaces: preview.namespaces,
      records: preview.truncated ? undefined : preview.records,
    };
  }

  setLevel: LogApi["setLevel"] = (asked, call) => this.#client(call).admin.setLevel(asked, call);

  async levels(call: Call) {
    return (await this.#client(call).levels(call)).levels;
  }

  namespaces: LogApi["namespaces"] = (call) => this.#client(call).namespaces(call);

  async archiveBytes(call: Call) {
    return (await this.#client(call).stats(call)).archive?.bytes ?? undefined;
  }

  /** Cheap: a client holds no connections of its own. */
  #client({ trace }: Call): NeuralLogClient {
    return new NeuralLogClient({
      url: this.#url,
      key: this.#key,
      // A model waits for the answer: rather an error that says 'try again' than a minute of silence.
      timeoutMs: 15_000,
      retries: 1,
      headers: traceHeaders(trace),
    });
  }
}

/** The namespace that the key's records go to, which is what is cleared when none is named. */
async function ownNamespace(client: NeuralLogClient, call: Call): Promise<readonly string[]> {
  const { default_namespace: name } = await client.levels(call);
  // A service from before it was told refuses to clear without a name, and says so.
  return name === undefined ? [] : [name];
}

/** Metadata as the client has it. */
function spelled<T extends FilterQuery>({ metadata, ...query }: T) {
  return {
    ...query,
    ...(metadata === undefined ? {} : { metadata: Object.fromEntries(metadata) }),
  };
}

function plus(sum: number, records: number | undefined): number {
  return sum + (records ?? 0);
}
