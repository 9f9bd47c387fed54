import { get } from "./ask.ts";
import type { Peer } from "./peer.ts";
import { listenerOf, processTree } from "./process-tree.ts";

/** VictoriaLogs at an address, empty at the start. */
export function victoriaLogs(address: string): Peer {
  const base = address.replace(/\/$/, "");
  const root = listenerOf(Number(new URL(base).port));
  const pids = () => (root === undefined ? [] : processTree(root));
  const query = (text: string, fromMs: number, toMs: number, more = "") =>
    `${base}/select/logsql/query?query=${encodeURIComponent(text)}&start=${fromMs / 1000}&end=${toMs / 1000}${more}`;
  return {
    name: "VictoriaLogs",
    format: "ndjson",
    insert: {
      url: `${base}/insert/jsonline?_stream_fields=source&_time_field=timestamp&_msg_field=message`,
      headers: { "content-type": "application/x-ndjson" },
    },
    pids,
    servicePids: pids,
    debt: async () => undefined,
    storedBytes: async () =>
      sumOf(await get(`${base}/metrics`), /^vl_data_size_bytes\{[^}]*\} (\S+)$/gm),
    rounds: 50,
    ask: (question, { trace, phrase, absent, regex, fromMs, toMs }) => {
      const rows = (text: string, more = "") => ({
        url: query(text, fromMs, toMs, more),
        count: lines,
      });
      const counted = (text: string) => ({
        url: query(`${text} | stats count() n`, fromMs, toMs),
        count: (answer: string) => sumOf(answer, /"n":"(\d+)"/g),
      });
      switch (question) {
        case "trace":
          return rows(`trace_id:=${JSON.stringify(trace)}`);
        case "phrase, limit 100":
          return rows(JSON.stringify(phrase), "&limit=100");
        case "phrase, counted":
          return counted(JSON.stringify(phrase));
        case "absent word":
          return rows(absent, "&limit=100");
        case "count by level":
          return {
            url: query("* | stats by (level) count() n", fromMs, toMs),
            count: (answer) => sumOf(answer, /"n":"(\d+)"/g),
          };
        case "histogram":
          return {
            url: `${base}/select/logsql/hits?query=*&step=1m&start=${fromMs / 1000}&end=${toMs / 1000}`,
            count: (answer) => sumOf(answer, /"total":(\d+)/g),
          };
        case "last 100 errors":
          return rows("level:=ERROR | sort by (_time desc) limit 100");
        case "regular expression":
          return counted(`~${JSON.stringify(regex)}`);
        case "top 10":
          return {
            url: query("* | top 10 by (metadata.host)", fromMs, toMs),
            count: (answer) => sumOf(answer, /"hits":"(\d+)"/g),
          };
      }
    },
    end: async () => undefined,
  };
}

export function lines(answer: string): number {
  return answer.split("\n").filter((line) => line !== "").length;
}

/** Adds up the pattern's first group over all that it finds. */
export function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}
