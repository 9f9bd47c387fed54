import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { lockHolder } from "../../tools/lock.mjs";
import { freePort, isFree } from "../../tools/port.ts";
import { root } from "../../tools/root.ts";
import { isGone, search, send, startLocal, temporaryState, until } from "./support.ts";

const somePort = async (): Promise<string[]> => ["--port", String(await freePort())];

test("Ctrl-C stops both processes, frees the port and ends with code 0", async () => {
  await using place = temporaryState();
  const port = await freePort();
  await using start = await startLocal(place.state, ["--port", String(port)]);
  const children = start.children();
  expect(children).toHaveLength(2);
  start.child.kill("SIGINT");
  expect(await start.ended()).toBe(0);
  expect(children.every(isGone)).toBe(true);
  expect(await isFree(port)).toBe(true);
  expect(existsSync(join(start.folder, "lock"))).toBe(false);
});

test("a Ctrl-C that arrives three times, as npm passes it on, stops as cleanly as one", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  const children = start.children();
  for (let times = 0; times < 3; times++) start.child.kill("SIGINT");
  expect(await start.ended()).toBe(0);
  expect(children.every(isGone)).toBe(true);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s to npm alone, as a process manager sends it, reaches the tenant and stops it",
  async (signal) => {
    await using place = temporaryState();
    const args = ["start", "--", "--state", place.state, ...(await somePort())];
    const npm = spawn("npm", args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
    let said = "";
    npm.stdout.on("data", (part: Buffer) => (said += part.toString()));
    expect(await until(() => said.includes("Ctrl-C stops it"))).toBe(true);
    const lock = join(place.state, "acme", "lock");
    const start = lockHolder(lock)?.pid ?? 0;
    npm.kill(signal);
    expect(await until(() => isGone(start) && !existsSync(lock))).toBe(true);
  },
);

test("Ctrl-C while it still starts leaves nothing behind", async () => {
  await using place = temporaryState();
  const starting = startLocal(place.state, await somePort());
  // It is written as soon as the first process runs.
  const running = join(place.state, "acme", "running.json");
  expect(await until(() => existsSync(running))).toBe(true);
  const holder = lockHolder(join(place.state, "acme", "lock"));
  process.kill(holder?.pid ?? 0, "SIGINT");
  await using start = await starting;
  expect(await start.ended()).toBe(0);
  expect(existsSync(running)).toBe(false);
});

test("records, address and key survive a restart", async () => {
  await using place = temporaryState();
  const first = await startLocal(place.state, await somePort());
  await send(first, "kept over a restart");
  await first[Symbol.asyncDispose]();
  await using second = await startLocal(place.state, []);
  expect(second.address).toBe(first.address);
  expect(second.key).toBe(first.key);
  expect(await search(second, "kept")).toEqual(["kept over a restart"]);
});

test("a second start says which process runs already and where", async () => {
  await using place = temporaryState();
  await using first = await startLocal(place.state, await somePort());
  await using second = await startLocal(place.state, await somePort());
  expect(await second.ended()).toBe(1);
  expect(second.stderr()).toContain(`process ${first.pid} at ${first.address}`);
  expect(await send(first, "unharmed")).toBe(200);
});

test("after a kill -9 its processes end, and the next start takes over with every record", async () => {
  await using place = temporaryState();
  const first = await startLocal(place.state, await somePort());
  await send(first, "acknowledged before the kill");
  const children = first.children();
  first.child.kill("SIGKILL");
  await first.ended();
  // At once: what was left behind is still on its way out.
  await using second = await startLocal(place.state, []);
  expect(await search(second, "acknowledged")).toEqual(["acknowledged before the kill"]);
  expect(children.every(isGone)).toBe(true);
});

test.each([
  ["Redis", 0],
  ["the log service", 1],
])("when %s dies, it says so, ends the other one and fails", async (name, position) => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, await somePort());
  const children = start.children();
  process.kill(children[position] ?? 0, "SIGKILL");
  expect(await start.ended()).toBe(1);
  expect(start.stderr()).toMatch(new RegExp(`${name}.* ended by SIGKILL`));
  expect(children.every(isGone)).toBe(true);
});
