import { afterAll, beforeAll, expect, it } from "vitest";

import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import { archivable, commit, NOW, query, WEEK } from "../samples.ts";
import { openSite, startSite, type Addresses, type Site } from "./site.ts";

let site: Site;
beforeAll(async () => {
  site = await startSite({ settings: { log_statement: "all" } });
});
afterAll(() => site.stop());

async function holdOnce({ writer, owner }: Addresses): Promise<void> {
  const opened = createPostgresWriter({ writer, owner, fullText: true });
  try {
    const hold = await opened.hold();
    await hold?.release();
  } finally {
    await opened.close();
  }
}

it("migrates once, however often and by however many at once it is asked to", async () => {
  const addresses = await site.database();
  await Promise.all(Array.from({ length: 4 }, () => holdOnce(addresses)));
  await holdOnce(addresses);
  const versions = await site.postgres.query("SELECT version FROM neurallog.migrations", addresses);
  expect(versions).toEqual([{ version: 1 }, { version: 2 }]);
});

it("keeps what is there when it migrates again", async () => {
  const open = await openSite(site);
  await open.hold.move([commit(1, 1, [archivable({ message: "kept" })])]);
  await open.hold.release();
  await holdOnce(open.addresses);
  expect((await open.reader.read(query())).records).toHaveLength(1);
  await open.close();
});

it("makes the schema again for the next hold, where a database was made anew meanwhile", async () => {
  const addresses = await site.database();
  const { writer, owner } = addresses;
  const opened = createPostgresWriter({ writer, owner, fullText: true });
  await (await opened.hold())?.release();
  await site.postgres.query("DROP SCHEMA neurallog CASCADE", addresses);
  const hold = await opened.hold();
  expect(await hold?.positions()).toEqual([]);
  await opened.close();
});

it("refuses a schema that a newer service made, and says so", async () => {
  const addresses = await site.database();
  await holdOnce(addresses);
  await site.postgres.query("INSERT INTO neurallog.migrations (version) VALUES (99)", addresses);
  await expect(holdOnce(addresses)).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    message: expect.stringMatching(/version 99.*versions up to 2/),
  });
});

it("says what to run where a role is missing that the owner may not make", async () => {
  const addresses = await site.database();
  const { writer, owner } = addresses;
  const opened = createPostgresWriter({ writer, owner, fullText: true, readerRole: 'rea"der' });
  await expect(opened.hold()).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    message: expect.stringContaining('Run as an administrator: CREATE ROLE "rea""der" LOGIN'),
  });
  await opened.close();
});

it("makes missing roles where the owner may, without a password", async () => {
  await site.postgres.query("ALTER ROLE neurallog_owner CREATEROLE");
  const addresses = await site.database();
  const { writer, owner } = addresses;
  const opened = createPostgresWriter({ writer, owner, fullText: true, readerRole: "analyst" });
  await opened.hold();
  await opened.close();
  const [role] = await site.postgres.query(
    "SELECT rolpassword, rolcanlogin FROM pg_authid WHERE rolname = 'analyst'",
  );
  expect(role).toEqual({ rolpassword: null, rolcanlogin: true });
  await site.postgres.query("ALTER ROLE neurallog_owner NOCREATEROLE");
});

it("works where an administrator made the schema, and the owner may make none", async () => {
  const addresses = await site.database();
  const { database } = addresses;
  await site.postgres.query(`ALTER DATABASE ${database} OWNER TO postgres`);
  await site.postgres.query("CREATE SCHEMA neurallog AUTHORIZATION neurallog_owner", addresses);
  await holdOnce(addresses);
  const reader = createPostgresReader(addresses.reader);
  expect((await reader.read(query())).records).toEqual([]);
  await reader.close();
});

it("says that the tables are not there yet, before anybody has migrated", async () => {
  const addresses = await site.database();
  const reader = createPostgresReader(addresses.reader);
  const writer = createPostgresWriter({ writer: addresses.writer, fullText: true });
  const missing = {
    code: "NL_ARCHIVE_UNAVAILABLE",
    cause: expect.objectContaining({ message: expect.stringContaining("has it run?") }),
  };
  await expect(reader.read(query())).rejects.toMatchObject(missing);
  await expect(reader.stats()).rejects.toMatchObject(missing);
  await expect(writer.storeDirectly("default", [archivable()])).rejects.toMatchObject(missing);
  await reader.close();
  await writer.close();
});

it("attack: no password comes into the server's log or into an error", async () => {
  const addresses = await site.database();
  // The fixture gave the roles their passwords, and the server logs every statement.
  const before = site.postgres.log().length;
  await holdOnce(addresses);
  expect(site.postgres.log().slice(before).includes(site.password)).toBe(false);
  const wrong = createPostgresReader({ ...addresses.reader, password: "not-the-password" });
  const error: unknown = await wrong.read(query()).catch((reason: unknown) => reason);
  await wrong.close();
  const told = error instanceof Error ? `${error.message} ${String(error.cause)}` : "";
  expect(told).toContain("password authentication failed");
  expect(told).not.toContain("not-the-password");
  expect(site.postgres.log().includes("not-the-password")).toBe(false);
});

it("begins to index words once full text is turned on, and finds what was stored before", async () => {
  const open = await openSite(site, false);
  const word = { kind: "word", text: "before", isPrefix: false } as const;
  await open.hold.move([commit(1, 1, [archivable({ message: "before", received: NOW })])]);
  await open.hold.release();
  const { writer, owner } = open.addresses;
  const later = createPostgresWriter({ writer, owner, fullText: true });
  const hold = await later.hold();
  await hold?.tend(WEEK, NOW);
  await hold?.tend(WEEK, NOW);
  await hold?.move([commit(1, 2, [archivable({ message: "Before, and after" })])]);
  const found = await open.reader.read(query({ condition: word }));
  expect(found.records).toHaveLength(2);
  const indexes = await site.postgres.query(
    "SELECT indexname FROM pg_indexes WHERE tablename = 'logs_20260110' AND indexname LIKE '%word%'",
    open.addresses,
  );
  expect(indexes).toHaveLength(2);
  await later.close();
  await open.close();
});
