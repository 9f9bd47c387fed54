import { afterAll, beforeAll, expect, it } from "vitest";

import type { ArchiveAddress } from "../../../../apps/log-service/src/archive/address.ts";
import { archivable, commit } from "../samples.ts";
import { connectAs, openSite, startSite, type OpenSite, type Site } from "./site.ts";

let site: Site;
let open: OpenSite;
beforeAll(async () => {
  site = await startSite();
  open = await openSite(site);
  await open.hold.move([commit(1, 1, [archivable({ message: "kept" })])]);
});
afterAll(async () => {
  await open.close();
  await site.stop();
});

async function tryAs(address: ArchiveAddress, sql: string): Promise<string> {
  const client = await connectAs(address);
  try {
    await client.query(sql);
    return "done";
  } catch (error) {
    return error instanceof Error ? error.message : "failed";
  } finally {
    await client.end();
  }
}

const READS = [
  "SELECT * FROM neurallog.logs",
  "SELECT * FROM neurallog.logs_apart",
  "SELECT * FROM neurallog.logs_20260110",
  "SELECT record FROM neurallog.quarantine",
  "COPY neurallog.logs_20260110 TO STDOUT",
];
const CHANGES = [
  "DELETE FROM neurallog.logs",
  "UPDATE neurallog.logs SET message = ''",
  "TRUNCATE neurallog.logs",
  "DROP TABLE neurallog.logs_20260110",
  "ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.logs_20260110",
  "CREATE TABLE neurallog.mine (n int)",
  "DELETE FROM neurallog.lanes",
  "DELETE FROM neurallog.migrations",
];

it.each([...READS, ...CHANGES])("attack: the writer's password does not allow: %s", async (sql) => {
  expect(await tryAs(open.addresses.writer, sql)).toMatch(/permission denied|must be owner/);
});

it.each([
  ...CHANGES,
  "INSERT INTO neurallog.quarantine (id, namespace, received_at, reason, record) VALUES ('', '', now(), '', '')",
  "INSERT INTO neurallog.lanes (lane, namespace, position, committed) VALUES ('', '', '', 0)",
  "UPDATE neurallog.lanes SET position = 'z'",
])("attack: the reader's password does not allow: %s", async (sql) => {
  expect(await tryAs(open.addresses.reader, sql)).toMatch(/permission denied|must be owner/);
});

it("lets the reader read the logs, in SQL of one's own", async () => {
  const sql = "SELECT component, level, message, data->>'user' FROM neurallog.logs";
  expect(await tryAs(open.addresses.reader, sql)).toBe("done");
});
