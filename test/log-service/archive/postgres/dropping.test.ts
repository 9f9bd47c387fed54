import { afterAll, beforeAll, expect, it } from "vitest";

import type { ArchiveQuery } from "../../../../apps/log-service/src/archive/port.ts";
import { archivable, commit, DAY, NOW, query, WEEK } from "../samples.ts";
import { openSite, startSite, type OpenSite, type Site } from "./site.ts";

let site: Site;
let open: OpenSite;
beforeAll(async () => {
  site = await startSite();
  open = await openSite(site);
});
afterAll(async () => {
  await open.close();
  await site.stop();
});

it("answers every question while days are dropped, with all that is in the days that stay", async () => {
  const { hold, reader } = open;
  const days = Array.from({ length: 11 }, (_, day) => NOW + (day - 7) * DAY);
  await hold.move([
    commit(
      1,
      1,
      days.flatMap((received) =>
        Array.from({ length: 50 }, (_, n) =>
          archivable({ received, ms: received + n, traceId: "t", message: `word ${n}` }),
        ),
      ),
    ),
  ]);
  const asked: Partial<ArchiveQuery>[] = [
    { order: "desc" },
    { order: "asc", from: { ms: NOW, nanos: 0 } },
    { condition: { kind: "is", field: "trace_id", values: ["t"] } },
    { condition: { kind: "word", text: "word", isPrefix: false } },
  ];
  const done = new AbortController();
  const counts: number[] = [];
  const asking = asked.map(async (fields) => {
    while (!done.signal.aborted) {
      const { records } = await reader.read(query({ ...fields, limit: 1_000 }));
      const young = records.filter(({ record }) => record.received >= NOW + 3 * DAY);
      counts.push(young.length);
      await reader.tally({ ...query(fields), by: ["level"] });
    }
  });
  for (let day = 1; day <= 10; day += 1) await hold.tend(WEEK, NOW + day * DAY);
  done.abort();
  await Promise.all(asking);
  expect(new Set(counts)).toEqual(new Set([50]));
  expect((await reader.stats()).days[0]).toBe("2026-01-13");
});
