import { existsSync } from "node:fs";

import { afterAll, beforeAll, expect, it } from "vitest";

import { runProgram } from "../../../tools/process.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

it("answers SQL on a database of its own", async () => {
  const database = await postgres.createDatabase();
  const rows = await postgres.query("SELECT current_database() AS name", { database });
  expect(rows).toEqual([{ name: database }]);
});

it("keeps what was committed through a kill -9", async () => {
  await postgres.query("CREATE TABLE kept AS SELECT 7 AS n");
  await postgres.kill();
  await postgres.restart();
  expect(await postgres.query("SELECT n FROM kept")).toEqual([{ n: 7 }]);
});

it("lets nobody in without the password", async () => {
  const { Client } = await import("pg");
  const client = new Client({ host: "127.0.0.1", port: postgres.port, user: postgres.user });
  await expect(client.connect()).rejects.toThrow(/password/);
});

it("leaves neither process nor folder nor shared memory behind", async () => {
  const other = await startPostgres();
  const pid = other.pid;
  expect(await creatorsOfSharedMemory()).toContain(pid);
  const [row] = await other.query("SHOW data_directory");
  await other.stop();
  expect(existsSync(String(row?.["data_directory"]))).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  expect(await creatorsOfSharedMemory()).not.toContain(pid);
});

/** Process ids: the last two columns are who made a segment, and who attached to it last. */
async function creatorsOfSharedMemory(): Promise<number[]> {
  const { stdout } = await runProgram("ipcs", ["-m", "-p"]);
  return stdout.split("\n").flatMap((line) => line.trim().split(/\s+/).slice(-2).map(Number));
}
