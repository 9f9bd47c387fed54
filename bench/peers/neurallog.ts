import { BENCH_KEY, type Subject } from "../ingest/subjects.ts";
import { get } from "./ask.ts";
import type { Peer } from "./peer.ts";
import { processTree } from "./process-tree.ts";
import { sumOf } from "./victoria-logs.ts";

// The answers have the count of all records too.
const OF_VALUES = /"value":"[^"]*","count":(\d+)/g;
const OF_BUCKETS = /"start":"[^"]*","count":(\d+)/g;

/** The log service as a tenant runs it. */
export function neuralLog({ url, service, redis, client, end }: Subject, emptyBytes: number): Peer {
  const headers = { authorization: `Bearer ${BENCH_KEY}` };
  const ask = (path: string, parameters: Record<string, string>, pattern: RegExp) => ({
    url: `${url}${path}?${new URLSearchParams(parameters)}`,
    headers,
    count: (answer: string) => sumOf(answer, pattern),
  });
  const rows = (q: string) => ({
    ...ask("", { q, limit: "100" }, /$^/),
    count: (answer: string) => answer.split('"received":').length - 1,
  });
  return {
    name: "NeuralLog",
    format: "ndjson",
    insert: { url, headers: { ...headers, "content-type": "application/x-ndjson" } },
    pids: () => [...processTree(service.pid), redis.pid],
    servicePids: () => processTree(service.pid),
    debt: async () => {
      const stats: { store: { merge: { records: number } } } = JSON.parse(
        await get(new URL("/api/stats", url).href, headers),
      );
      return stats.store.merge.records;
    },
    storedBytes: async () =>
      Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]) - emptyBytes,
    rounds: 50,
    ask: (question, { trace, phrase, absent, regex }) => {
      switch (question) {
        case "trace":
          return rows(`trace_id:${trace}`);
        case "phrase, limit 100":
          return rows(JSON.stringify(phrase));
        case "phrase, counted":
          return ask("/count", { q: JSON.stringify(phrase) }, /"count":(\d+)/g);
        case "absent word":
          return rows(absent);
        case "count by level":
          return ask("/facets", { field: "level" }, OF_VALUES);
        case "histogram":
          return ask("/histogram", { interval: "1m" }, OF_BUCKETS);
        case "last 100 errors":
          return rows("level:ERROR");
        case "regular expression":
          return ask("/count", { q: `message~${JSON.stringify(regex)}` }, /"count":(\d+)/g);
        case "top 10":
          return ask("/facets", { field: "metadata.host", limit: "10" }, OF_VALUES);
      }
    },
    end,
  };
}
