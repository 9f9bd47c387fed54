import type { Subject } from "../ingest/subjects.ts";
import type { Peer } from "./peer.ts";
import { sumOf } from "./victoria-logs.ts";

/** The seeds' layout, one key and one index entry for each record: the baseline that needs nothing. */
export function seeds({ url, service, redis, client, end }: Subject, emptyBytes: number): Peer {
  const ask = (parameters: Record<string, string>) => ({
    url: `${url}?${new URLSearchParams(parameters)}`,
    count: (answer: string) => sumOf(answer, /"count":(\d+)/g),
  });
  return {
    name: "seeds' layout",
    format: "ndjson",
    insert: { url, headers: { "content-type": "application/x-ndjson" } },
    pids: () => [service.pid, redis.pid],
    servicePids: () => [service.pid],
    debt: async () => 0,
    storedBytes: async () =>
      Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]) - emptyBytes,
    rounds: 2,
    ask: (question, { trace, phrase, absent, regex }) => {
      switch (question) {
        case "trace":
          return ask({ trace });
        case "phrase, limit 100":
          return ask({ contains: phrase, limit: "100" });
        case "phrase, counted":
          return ask({ contains: phrase });
        case "absent word":
          return ask({ contains: absent });
        case "count by level":
          return ask({ group: "level" });
        case "histogram":
          return ask({ group: "minute" });
        case "last 100 errors":
          return ask({ level: "ERROR", limit: "100" });
        case "regular expression":
          return ask({ regex });
        case "top 10":
          return ask({ group: "host" });
      }
    },
    end,
  };
}
