import { createSocket } from "node:dgram";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { expect, test } from "vitest";
import { z } from "zod";

import { freePort } from "../../tools/port.ts";
import { runProgram } from "../../tools/process.ts";
import { root } from "../../tools/root.ts";
import { search, send, startLocal, temporaryState, until } from "./support.ts";

const somePort = async (): Promise<string[]> => ["--port", String(await freePort())];

test("one command gives a log service that stores and finds a record", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  expect(await send(start, "the first record")).toBe(200);
  expect(await search(start, "first")).toEqual(["the first record"]);
});

test("nothing is in a fresh tenant that nobody asked for", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  const response = await fetch(`${start.address}/api/logs`, {
    headers: { authorization: `Bearer ${start.key}` },
  });
  expect(await response.json()).toMatchObject({ records: [] });
});

test("each of the three printed commands works as it stands", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  const commands = /terminal:\n\n([^]*?)\n\n/.exec(start.stdout())?.[1]?.split("\n") ?? [];
  expect(commands).toHaveLength(3);
  const printed: string[] = [];
  for (const command of commands) {
    const { code, stdout, stderr } = await runProgram("sh", ["-c", command], { cwd: root });
    expect({ command, code, stderr }).toMatchObject({ code: 0 });
    printed.push(stdout);
  }
  expect(printed[1]).toContain("hello from me");
  expect(printed[2]).toContain("hello from me");
});

test("all of the state is for its owner alone", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  await send(start, "private");
  const names = readdirSync(start.folder, { recursive: true, encoding: "utf8" });
  const open = names.filter((name) => {
    const { mode } = statSync(join(start.folder, name));
    // Redis makes the files of its data folder itself; nobody else gets into that folder.
    return (mode & 0o077) !== 0 && !name.startsWith("data/");
  });
  expect(open).toEqual([]);
  expect(statSync(start.folder).mode & 0o077).toBe(0);
});

test("Redis answers nobody without a password", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  const port = /^port (\d+)$/m.exec(readFileSync(join(start.folder, "redis.conf"), "utf8"))?.[1];
  const socket = connect(Number(port), "127.0.0.1");
  socket.end("GET x\r\nINFO\r\nACL WHOAMI\r\n");
  const answers = (await text(socket)).trim().split("\r\n");
  expect(answers).toHaveLength(3);
  for (const answer of answers) expect(answer).toMatch(/^-NOAUTH/);
});

test.runIf(process.platform === "linux")("no secret stands in a process list", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  const secrets = ["keys", "passwords"].flatMap((folder) =>
    readdirSync(join(start.folder, folder)).map((name) =>
      readFileSync(join(start.folder, folder, name), "utf8").trim(),
    ),
  );
  expect(secrets.length).toBeGreaterThan(4);
  for (const pid of [start.pid, ...start.children()]) {
    const { stdout } = await runProgram("cat", [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
    expect(stdout).not.toBe("");
    for (const secret of secrets) expect(stdout).not.toContain(secret);
  }
});

test("what a record takes out of records and takes in as syslog holds here too", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort(), "globex");
  await send(start, "card 4111 1111 1111 1111 of ticket TK-123456");
  expect(await search(start, "card")).toEqual(["card [REDACTED] of ticket [REDACTED]"]);
  const { syslog } = z
    .object({ syslog: z.number() })
    .parse(JSON.parse(readFileSync(join(start.folder, "ports.json"), "utf8")));
  expect(start.stdout()).toContain(`127.0.0.1:${syslog}`);
  const device = connect(syslog, "127.0.0.1");
  device.end("<11>Jan  1 00:00:00 router kernel: link of port 7 is down\n");
  const datagrams = createSocket("udp4");
  datagrams.send("<11>Jan  1 00:00:00 switch kernel: link of port 8 is down", syslog, "127.0.0.1");
  expect(await until(async () => (await search(start, "link")).length === 2)).toBe(true);
  datagrams.close();
});

test("a tenant whose listener has TLS in the cluster is called without it here", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort(), "initech");
  expect(start.address).toMatch(/^http:/);
  expect(await send(start, "in clear")).toBe(200);
});

test("two tenants run side by side, each with its own records", async () => {
  await using place = temporaryState();
  await using acme = await startLocal(place.state, await somePort(), "acme");
  await using globex = await startLocal(place.state, await somePort(), "globex");
  await send(acme, "of acme");
  await send(globex, "of globex");
  expect(await search(acme, "of")).toEqual(["of acme"]);
  expect(await search(globex, "of")).toEqual(["of globex"]);
});
