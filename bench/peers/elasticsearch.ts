import { get } from "./ask.ts";
import type { Ask, Peer } from "./peer.ts";
import { listenerOf, processTree } from "./process-tree.ts";

const INDEX = "neurallog-bench";
const COUNTED = { size: 0, track_total_hits: true };

/** Elasticsearch (or what speaks like it) at an address; the index is made by the first batch. */
export function elasticsearch(address: string): Peer {
  const base = address.replace(/\/$/, "");
  const root = listenerOf(Number(new URL(base).port));
  const pids = () => (root === undefined ? [] : processTree(root));
  const search = (body: object, count: (answer: string) => number = hits): Ask => ({
    // Its result cache for requests would answer from what it answered before.
    url: `${base}/${INDEX}/_search?request_cache=false`,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    count,
  });
  return {
    name: "Elasticsearch",
    format: "elasticsearch",
    insert: {
      url: `${base}/${INDEX}/_bulk`,
      headers: { "content-type": "application/x-ndjson" },
    },
    pids,
    servicePids: pids,
    debt: async () => {
      await get(`${base}/${INDEX}/_refresh`);
      const text = await get(`${base}/${INDEX}/_stats/merge`);
      return Number(/"current":(\d+)/.exec(text)?.[1] ?? 0);
    },
    storedBytes: async () =>
      Number(/"size_in_bytes":(\d+)/.exec(await get(`${base}/${INDEX}/_stats/store`))?.[1]),
    rounds: 50,
    ask: (question, { trace, phrase, absent, regex }) => {
      switch (question) {
        case "trace":
          return search({ size: 100, query: { term: { "trace_id.keyword": trace } } });
        case "phrase, limit 100":
          return search({ size: 100, query: { match_phrase: { message: phrase } } });
        case "phrase, counted":
          return search({ ...COUNTED, query: { match_phrase: { message: phrase } } });
        case "absent word":
          return search({ size: 100, query: { match: { message: absent } } });
        case "count by level":
          return search(
            { ...COUNTED, aggs: { levels: { terms: { field: "level.keyword" } } } },
            buckets,
          );
        case "histogram":
          return search(
            {
              ...COUNTED,
              aggs: { minutes: { date_histogram: { field: "@timestamp", fixed_interval: "1m" } } },
            },
            buckets,
          );
        case "last 100 errors":
          return search({
            size: 100,
            query: { term: { "level.keyword": "ERROR" } },
            sort: [{ "@timestamp": "desc" }],
          });
        case "regular expression":
          return search({
            ...COUNTED,
            query: { regexp: { "message.keyword": `.*${regex}.*` } },
          });
        case "top 10":
          return search(
            {
              ...COUNTED,
              aggs: { hosts: { terms: { field: "metadata.host.keyword", size: 10 } } },
            },
            buckets,
          );
      }
    },
    end: async () => undefined,
  };
}

function hits(answer: string): number {
  const total = /"total":\{"value":(\d+)/.exec(answer)?.[1];
  const listed = [...answer.matchAll(/"_source":/g)].length;
  return listed > 0 ? listed : Number(total);
}

function buckets(answer: string): number {
  return [...answer.matchAll(/"doc_count":(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
}
