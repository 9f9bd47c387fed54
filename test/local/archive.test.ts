// The archive of a tenant on this machine: a real PostgreSQL, by the script and the settings of a cluster's pod.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client } from "pg";
import { expect, test } from "vitest";

import { freePort } from "../../tools/port.ts";
import { runProgram } from "../../tools/process.ts";
import {
  isGone,
  search,
  send,
  startLocal,
  temporaryState,
  until,
  type LocalStart,
} from "./support.ts";

const somePort = async (): Promise<string[]> => ["--port", String(await freePort())];

const archiveFolder = (start: LocalStart): string => {
  const name = readdirSync(start.folder).find((each) => /^archive-\d+$/.test(each));
  return join(start.folder, name ?? "archive");
};

const passwordOf = (start: LocalStart, user: string): string =>
  readFileSync(join(archiveFolder(start), "passwords", user), "utf8").trim();

/** Runs SQL as one of the users; rows of the answer. */
async function ask(
  start: LocalStart,
  user: string,
  sql: string,
  password = passwordOf(start, user),
): Promise<unknown[]> {
  const port = Number(/archive +PostgreSQL \S+ on 127\.0\.0\.1:(\d+)/.exec(start.stdout())?.[1]);
  const login = user === "postgres" ? user : `neurallog_${user}`;
  const client = new Client({
    host: "127.0.0.1",
    port,
    database: "neurallog",
    user: login,
    password,
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("a tenant with an archive has a PostgreSQL beside its Redis, which ends with it and keeps what it had", async () => {
  await using place = temporaryState();
  {
    await using start = await startLocal(place.state, await somePort(), "globex");
    expect(start.stdout()).toMatch(/archive +PostgreSQL [\d.]+ on 127\.0\.0\.1:\d+, keeps 90 days/);
    const children = start.children();
    expect(children).toHaveLength(3);
    await ask(start, "owner", "CREATE TABLE public.kept AS SELECT 7 AS n");
    start.child.kill("SIGINT");
    expect(await start.ended()).toBe(0);
    expect(children.every(isGone)).toBe(true);
    const log = readFileSync(join(start.folder, "archive.log"), "utf8");
    expect(log).toContain("database system is shut down");
  }
  await using again = await startLocal(place.state, await somePort(), "globex");
  expect(await ask(again, "owner", "SELECT n FROM public.kept")).toEqual([{ n: 7 }]);
});

test("each user of the archive comes in with its own password alone, and the superuser not at all", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort(), "globex");
  for (const user of ["owner", "writer", "reader"]) {
    expect(await ask(start, user, "SELECT current_user AS me")).toEqual([
      { me: `neurallog_${user}` },
    ]);
  }
  const writers = passwordOf(start, "writer");
  await expect(ask(start, "reader", "SELECT 1", writers)).rejects.toThrow(/password/);
  await expect(ask(start, "postgres", "SELECT 1", writers)).rejects.toThrow(/pg_hba\.conf/);
  // Nobody but the owner makes anything, not even for a moment.
  await expect(ask(start, "writer", "CREATE TEMP TABLE t (n int)")).rejects.toThrow(/permission/);
  await expect(ask(start, "reader", "CREATE TABLE t (n int)")).rejects.toThrow(/permission/);
});

test("a password that was replaced counts from the next start on", async () => {
  await using place = temporaryState();
  {
    await using first = await startLocal(place.state, await somePort(), "globex");
    writeFileSync(join(archiveFolder(first), "passwords", "reader"), "it's another\\one\n");
  }
  await using start = await startLocal(place.state, await somePort(), "globex");
  expect(await ask(start, "reader", "SELECT 1 AS n", "it's another\\one")).toEqual([{ n: 1 }]);
});

test.runIf(process.platform === "linux")(
  "the archive's passwords stand in no list of processes and in no log, and their files are its own",
  async () => {
    await using place = temporaryState();
    await using start = await startLocal(place.state, await somePort(), "globex");
    const secrets = ["owner", "writer", "reader"].map((user) => passwordOf(start, user));
    for (const pid of start.children()) {
      const { stdout } = await runProgram("cat", [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
      for (const secret of secrets) expect(stdout).not.toContain(secret);
    }
    for (const log of ["archive.log", "log-service.log"]) {
      const text = readFileSync(join(start.folder, log), "utf8");
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
    const folder = archiveFolder(start);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0)).toEqual([]);
  },
);

test("what is logged goes on to the archive", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort(), "globex");
  expect(await send(start, "kept for longer")).toBe(200);
  const archived = async (): Promise<boolean> => {
    // Whoever moves records makes the table before the first of them.
    const [made] = await ask(start, "owner", "SELECT to_regclass('neurallog.logs') AS logs");
    if (JSON.stringify(made) === '{"logs":null}') return false;
    const rows = await ask(start, "reader", "SELECT message FROM neurallog.logs");
    return JSON.stringify(rows).includes("kept for longer");
  };
  expect(await until(archived)).toBe(true);
  expect(await search(start, "longer")).toEqual(["kept for longer"]);
});

test("MCP is spoken over WebSocket where the record says so", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort(), "globex");
  const address = /MCP +(ws:\S+\/mcp)/.exec(start.stdout())?.[1] ?? "";
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "test", version: "1" },
    },
  };
  /** The server's answer; undefined where it lets nobody in. */
  const answer = (protocols: string[]): Promise<string | undefined> =>
    new Promise((resolve) => {
      const socket = new WebSocket(address, protocols);
      socket.addEventListener("open", () => socket.send(JSON.stringify(initialize)));
      socket.addEventListener("message", ({ data }) => {
        resolve(String(data));
        socket.close();
      });
      socket.addEventListener("close", () => resolve(undefined));
    });
  const key = Buffer.from(start.key).toString("base64url");
  expect(await answer(["mcp", `neurallog.bearer.${key}`])).toContain('"serverInfo"');
  expect(await answer(["mcp"])).toBeUndefined();
});

test("without PostgreSQL the start says what to install", async () => {
  await using place = temporaryState();
  process.env["NEURALLOG_POSTGRES_BIN"] = "/nowhere";
  try {
    await using start = await startLocal(place.state, await somePort(), "globex");
    expect(await start.ended()).toBe(1);
    expect(start.stderr()).toContain("set NEURALLOG_POSTGRES_BIN to the folder that holds");
  } finally {
    delete process.env["NEURALLOG_POSTGRES_BIN"];
  }
});

test("a tenant without an archive starts no PostgreSQL", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort(), "acme");
  expect(start.children()).toHaveLength(2);
  expect(readdirSync(start.folder).filter((name) => name.startsWith("archive-"))).toEqual([]);
});
