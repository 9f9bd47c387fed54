import { createHash } from "node:crypto";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readClusterUrl } from "../../../../apps/log-service/src/store/redis/connection.ts";
import {
  createRedisStore,
  type RedisStoreOptions,
} from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { usersAcl } from "../../../../generator/render/redis-conf.ts";
import { startRedisCluster, type TestCluster } from "../../../support/redis-cluster.ts";
import { sampleRecord } from "../../record/sample.ts";
import { contents, describeStore } from "../conformance.ts";
import { compileLevel } from "../model.ts";
import { readyStore } from "./ready.ts";

const DURABLE = ["appendonly yes", "appendfsync always"];

let cluster: TestCluster;
const open = (options: RedisStoreOptions = {}) =>
  readyStore(
    createRedisStore(
      { url: cluster.url },
      { compileTombstone: compileLevel, lanes: 4, ...options },
    ),
  );

describeStore("the Redis store on a cluster", {
  start: async () => {
    cluster = await startRedisCluster({ config: DURABLE });
  },
  empty: async () => {
    await cluster.flush();
    return open();
  },
  reopen: open,
  stop: () => cluster.stop(),
});

describe("the Redis store on a cluster under faults", () => {
  beforeAll(async () => {
    cluster = await startRedisCluster({ config: DURABLE });
  });
  afterAll(() => cluster.stop());

  it("spreads a namespace over the nodes", async () => {
    const owners = await Promise.all(
      Array.from({ length: 8 }, (_, lane) => cluster.ownerOf(`{nl:default:${lane}}:h`)),
    );
    expect(new Set(owners).size).toBe(3);
  });

  it("loses and repeats nothing while a slot moves to another node", async () => {
    await cluster.flush();
    const store = await open({ lanes: 1 });
    const acknowledged: string[] = [];
    const stop = new AbortController();
    const writer = async (size: number): Promise<void> => {
      const batch = Array.from({ length: size }, () => sampleRecord());
      while (!stop.signal.aborted) acknowledged.push(...(await store.append(batch)));
    };
    const writers = [writer(1), writer(2), writer(600)];
    const key = "{nl:default:0}:h";
    await expect.poll(() => acknowledged.length).toBeGreaterThan(1_000);
    const from = await cluster.ownerOf(key);
    await cluster.moveSlotOf(key, (from + 1) % 3);
    const then = acknowledged.length;
    await expect.poll(() => acknowledged.length).toBeGreaterThan(then + 1_000);
    stop.abort();
    await Promise.all(writers);
    const found = (await contents(store, ["default"])).map(([id]) => id);
    expect(found).toEqual(acknowledged.toSorted());
    await store.close();
  });

  it("answers with its own error where a node is down, and works again once it is back", async () => {
    await cluster.flush();
    const store = await open({ lanes: 1 });
    await store.append([sampleRecord({ message: "before" })]);
    const node = cluster.nodes[await cluster.ownerOf("{nl:default:0}:h")];
    await node?.kill();
    await expect(store.append([sampleRecord({ message: "down" })])).rejects.toMatchObject({
      code: "NL_STORE_UNAVAILABLE",
      retryAfterSeconds: 2,
    });
    await expect(store.snapshot(["default"])).rejects.toMatchObject({
      code: "NL_STORE_UNAVAILABLE",
    });
    expect(await store.health()).toMatchObject({ ready: false });
    await node?.restart();
    await readyStore(store);
    await expect.poll(() => store.append([sampleRecord({ message: "after" })])).toHaveLength(1);
    const texts = (await contents(store, ["default"])).map(([, { message }]) => message);
    expect(texts.filter((text) => text !== "down")).toEqual(["before", "after"]);
    await store.close();
  });

  it("refuses a cluster of which one node evicts", async () => {
    const [, evicting] = cluster.nodes;
    const { Redis } = await import("ioredis");
    const client = new Redis(evicting?.url ?? "");
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    const store = createRedisStore({ url: cluster.url });
    await expect.poll(() => store.health()).toMatchObject({ ready: false, code: "NL_CONFIG" });
    await expect(store.append([sampleRecord()])).rejects.toThrow("must be noeviction");
    await client.config("SET", "maxmemory-policy", "noeviction");
    client.disconnect();
    await store.close();
  });
});

it("needs nothing on a cluster that a tenant's Redis does not allow its user", async () => {
  const hash = (password: string) => createHash("sha256").update(password).digest("hex");
  const users = usersAcl({
    app: hash("app-password"),
    exporter: hash("e"),
    backup: hash("b"),
    admin: hash("a"),
  });
  // The test itself joins the nodes as the default user.
  const open = users.replace("user default off resetpass", "user default on nopass");
  await using secured = await startRedisCluster({ config: DURABLE, users: open });
  const store = await readyStore(
    createRedisStore({ url: secured.url, username: "app", password: "app-password" }, { lanes: 3 }),
  );
  await store.append([sampleRecord({ received: 0 })]);
  expect(await contents(store, ["default"])).toHaveLength(1);
  expect(await store.health()).toMatchObject({ ready: true, durability: "always" });
  await store.close();
});

it("reads the addresses of a cluster's nodes, IPv6 ones among them", () => {
  expect(readClusterUrl("redis-cluster://one:7000,[::1]:7001,three")).toEqual({
    nodes: [
      { host: "one", port: 7000 },
      { host: "::1", port: 7001 },
      { host: "three", port: 6379 },
    ],
    tls: false,
  });
  expect(readClusterUrl("rediss-cluster://one:7000")).toMatchObject({ tls: true });
  expect(readClusterUrl("redis://one:7000")).toBeUndefined();
});
