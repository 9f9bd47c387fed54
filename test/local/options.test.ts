import { readdirSync } from "node:fs";
import { createServer } from "node:net";

import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { parseOptions } from "../../local/options.ts";
import { freePort } from "../../tools/port.ts";
import { startRedis } from "../support/redis.ts";
import { search, send, startLocal, temporaryState } from "./support.ts";

const somePort = async (): Promise<string[]> => ["--port", String(await freePort())];

describe("--redis-url", () => {
  test("uses that Redis and starts none", async () => {
    await using redis = await startRedis({ config: ["appendonly yes", "appendfsync always"] });
    await using place = temporaryState();
    await using start = await startLocal(place.state, [
      ...(await somePort()),
      "--redis-url",
      redis.url,
    ]);
    await send(start, "in the named Redis");
    expect(await search(start, "named")).toEqual(["in the named Redis"]);
    expect(start.children()).toHaveLength(1);
    const client = new Redis(redis.url);
    expect(await client.dbsize()).toBeGreaterThan(0);
    client.disconnect();
  });

  test("signs in with the user and password of the address", async () => {
    const users = "user default off\nuser me on >se%cret ~* &* +@all\n";
    await using redis = await startRedis({ users, config: ["appendonly yes"] });
    await using place = temporaryState();
    const url = redis.url.replace("//", "//me:se%25cret@");
    await using start = await startLocal(place.state, [...(await somePort()), "--redis-url", url]);
    expect(await send(start, "signed in")).toBe(200);
  });

  test("refuses at once a Redis that would evict records", async () => {
    await using redis = await startRedis({ config: ["maxmemory-policy allkeys-lru"] });
    await using place = temporaryState();
    const url = redis.url;
    await using start = await startLocal(place.state, [...(await somePort()), "--redis-url", url]);
    expect(await start.ended()).toBe(1);
    expect(start.stderr()).toMatch(/not ready: .*allkeys-lru; it must be noeviction/);
    expect(start.stdout()).toBe("");
  });

  test("without a server there says so at once", async () => {
    await using place = temporaryState();
    const url = `redis://127.0.0.1:${await freePort()}`;
    await using start = await startLocal(place.state, [...(await somePort()), "--redis-url", url]);
    expect(await start.ended()).toBe(1);
    expect(start.stderr()).toContain(`no Redis answers at ${url.slice("redis://".length)}`);
  });
});

test("a busy port is named, with a way to choose another", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  await using place = temporaryState();
  await using start = await startLocal(place.state, ["--port", String(port)]);
  expect(await start.ended()).toBe(1);
  expect(start.stderr()).toMatch(new RegExp(`port ${port} is in use.*npm start -- --port \\d+`));
  server.close();
});

test("an unknown tenant is refused with the ones there are", async () => {
  await using place = temporaryState();
  await using start = await startLocal(place.state, [], "nobody");
  expect(await start.ended()).toBe(1);
  expect(start.stderr()).toMatch(/there is no tenants\/nobody\.yaml; there are: acme, /);
  expect(readdirSync(place.state)).toEqual([]);
});

describe("options that are wrong are refused before anything starts", () => {
  test.each([
    [["--tenant", "../../etc"], /is no tenant's id/],
    [["--port", "0"], /is no port/],
    [["--port", "80x"], /is no port/],
    [["--port", "65536"], /is no port/],
    [["--redis-url", "http://127.0.0.1:6379"], /must be redis:/],
    [["--redis-url", "redis://127.0.0.1:6379/3"], /must not name a database/],
    [["--prot", "1"], /--prot/],
    [["acme"], /acme/],
  ])("%j", (args, reason) => {
    expect(() => parseOptions(args)).toThrow(reason);
  });

  test("a wrong Redis address with a password is not repeated in the error", () => {
    const refuse = (): unknown => parseOptions(["--redis-url", "redis//me:secret@host"]);
    expect(refuse).toThrow(/^(?!.*secret)/s);
  });
});
