import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, expect, it } from "vitest";

import { connect, run } from "../../../../apps/log-service/src/archive/postgres/connect.ts";
import { PostgresHold } from "../../../../apps/log-service/src/archive/postgres/hold.ts";
import { archivable, commit, query } from "../samples.ts";
import { connectAs, openSite, startSite, type OpenSite, type Site } from "./site.ts";

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

it("a batch that waits longer for the one before than the server bears silence is not lost", async () => {
  const { owner, writer } = open.addresses;
  const settings = { idle_in_transaction_session_timeout: 1_000 };
  const clients = [await connect(writer, settings), await connect(writer, settings)] as const;
  const hold = new PostgresHold(clients, owner, true, 100);
  const other = await connectAs(owner);
  try {
    // The first batch cannot note its positions, and the second waits for it.
    await other.query("BEGIN; LOCK TABLE neurallog.lanes");
    const moving = Promise.all([
      hold.move([commit(1, 1, [archivable({ message: "first" })])]),
      hold.move([commit(1, 2, [archivable({ message: "second" })])]),
    ]);
    moving.catch(() => undefined);
    await sleep(3_000);
    await other.query("COMMIT");
    expect(await moving).toMatchObject([{ stored: 1 }, { stored: 1 }]);
  } finally {
    await other.end();
    await hold.release();
  }
  const { records } = await open.reader.read(query());
  expect(records.map(({ record }) => record.message).toSorted()).toEqual(["first", "second"]);
});

it("sees what was committed meanwhile, whatever the database has for a default", async () => {
  const { database, writer } = open.addresses;
  await site.postgres.query(
    `ALTER DATABASE ${database} SET default_transaction_isolation = 'repeatable read'`,
  );
  const client = await connect(writer, {});
  try {
    const shown = await run(client, { text: "SHOW transaction_isolation" });
    expect(shown).toEqual([{ transaction_isolation: "read committed" }]);
  } finally {
    await client.end();
  }
});
