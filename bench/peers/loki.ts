import type { Peer } from "./peer.ts";
import { listenerOf, processTree } from "./process-tree.ts";
import { folderBytes } from "./folder-bytes.ts";
import { sumOf } from "./victoria-logs.ts";

const ALL = '{source=~".+"}';

/** Loki at an address, empty at the start. It does not tell what it stores: name its folder. */
export function loki(address: string, folder: string | undefined): Peer {
  const base = address.replace(/\/$/, "");
  const root = listenerOf(Number(new URL(base).port));
  const pids = () => (root === undefined ? [] : processTree(root));
  const url = (path: string, parameters: Record<string, string>) =>
    `${base}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`;
  return {
    name: "Loki",
    format: "loki",
    insert: {
      url: `${base}/loki/api/v1/push`,
      headers: { "content-type": "application/json" },
    },
    pids,
    servicePids: pids,
    debt: async () => undefined,
    storedBytes: async () => (folder === undefined ? undefined : folderBytes(folder)),
    rounds: 5,
    ask: (question, { trace, phrase, absent, regex, fromMs, toMs }) => {
      const span = { start: `${fromMs}000000`, end: `${toMs}000000` };
      const range = `[${Math.ceil((toMs - fromMs) / 1000)}s]`;
      const rows = (query: string, limit = "100") => ({
        url: url("query_range", { query, ...span, limit, direction: "backward" }),
        count: (answer: string) => sumOf(answer, /"totalEntriesReturned":(\d+)/g),
      });
      const counted = (query: string) => ({
        url: url("query", { query, time: span.end }),
        count: (answer: string) => sumOf(answer, /"value":\[[0-9.]+,"(\d+)"\]/g),
      });
      switch (question) {
        case "trace":
          return rows(`${ALL} | trace_id="${trace}"`);
        case "phrase, limit 100":
          return rows(`${ALL} |= \`${phrase}\``);
        case "phrase, counted":
          return counted(`sum(count_over_time(${ALL} |= \`${phrase}\` ${range}))`);
        case "absent word":
          return rows(`${ALL} |= \`${absent}\``);
        case "count by level":
          return counted(`sum by (level)(count_over_time(${ALL} ${range}))`);
        case "histogram":
          return {
            url: url("query_range", {
              query: `sum(count_over_time(${ALL} [1m]))`,
              ...span,
              step: "60",
            }),
            count: (answer) => sumOf(answer, /\[\d+,"(\d+)"\]/g),
          };
        case "last 100 errors":
          return rows('{source=~".+",level="ERROR"}');
        case "regular expression":
          return counted(`sum(count_over_time(${ALL} |~ \`${regex}\` ${range}))`);
        case "top 10":
          return counted(`topk(10, sum by (host)(count_over_time(${ALL} ${range})))`);
      }
    },
    end: async () => undefined,
  };
}
