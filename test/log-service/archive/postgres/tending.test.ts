import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import { archivable, commit, DAY, messagesOf, NOW, WEEK } from "../samples.ts";
import { connectAs, openSite, startSite, type OpenSite, type Site } from "./site.ts";

let site: Site;
let open: OpenSite;
beforeAll(async () => {
  site = await startSite();
});
beforeEach(async () => {
  open = await openSite(site);
});
afterEach(() => open.close());
afterAll(() => site.stop());

const ask = (sql: string): ReturnType<Site["postgres"]["query"]> =>
  site.postgres.query(sql, open.addresses);

it("goes on moving when its days could not be made", async () => {
  await ask("REVOKE CREATE ON SCHEMA neurallog FROM neurallog_owner");
  await expect(open.hold.tend(WEEK, NOW + DAY)).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    cause: expect.objectContaining({ message: expect.stringContaining("42501") }),
  });
  await open.hold.move([commit(1, 1, [archivable({ message: "moved" })])]);
  expect(await messagesOf(open.reader)).toEqual(["moved"]);
});

it("moves while days are made and dropped, and ends that when it lets go", async () => {
  const locker = await connectAs(open.addresses.owner);
  // Whoever looks at a day keeps it from being dropped.
  await locker.query("BEGIN; SELECT 1 FROM neurallog.logs_20260103");
  const tending = open.hold.tend(WEEK, NOW + DAY);
  tending.catch(() => undefined);
  const waits = (): Promise<readonly unknown[]> =>
    ask(
      "SELECT 1 FROM pg_stat_activity WHERE usename = 'neurallog_owner' AND wait_event_type = 'Lock'",
    );
  await expect.poll(waits).toHaveLength(1);
  await open.hold.move([commit(1, 1, [archivable({ message: "moved" })])]);
  expect(await messagesOf(open.reader)).toEqual(["moved"]);
  await open.hold.release();
  await expect(tending).rejects.toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
  await locker.query("ROLLBACK");
  await locker.end();
});
