import { setTimeout as sleep } from "node:timers/promises";

import { Redis } from "ioredis";

import { freePort } from "./port.ts";
import { startRedis, type RedisOptions, type TestRedis } from "./redis.ts";

/** Real Redis servers that form a cluster of masters without replicas. */
export interface TestCluster extends AsyncDisposable {
  readonly nodes: readonly TestRedis[];
  /** For `createRedisStore`: redis-cluster://host:port,…, without credentials. */
  readonly url: string;
  /** The node that has a key's slot, by its place in `nodes`. */
  ownerOf(key: string): Promise<number>;
  /** Moves a key's slot with all that is in it to another node, `during` in its middle. */
  moveSlotOf(key: string, to: number, during?: () => Promise<void>): Promise<void>;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const NODES = 3;

/** Starts three servers and joins them, without redis-cli: it may not be there. */
export async function startRedisCluster(options: RedisOptions = {}): Promise<TestCluster> {
  const nodes: TestRedis[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let index = 0; index < NODES; index += 1) {
      const config = [
        "cluster-enabled yes",
        "cluster-config-file nodes.conf",
        `cluster-port ${await freePort()}`,
        "cluster-node-timeout 2000",
        ...(options.config ?? []),
      ];
      nodes.push(await startRedis({ ...options, config }));
    }
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const cluster = {
    nodes,
    url: `redis-cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    ownerOf: (key: string) => ownerOf(nodes, key),
    moveSlotOf: (key: string, to: number, during?: () => Promise<void>) =>
      moveSlot(nodes, key, to, during),
    flush: async () => {
      await Promise.all(nodes.map((node) => ask(node, "FLUSHALL")));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return cluster;
}

/** One command to one server; a slot that moves answers with an error. */
async function ask(
  node: TestRedis,
  command: string,
  ...args: (string | number)[]
): Promise<unknown> {
  const client = new Redis(node.url);
  try {
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

async function join(nodes: readonly TestRedis[]): Promise<void> {
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [index, node] of nodes.entries()) {
    const last = Math.min((index + 1) * share, SLOTS) - 1;
    await ask(node, "CLUSTER", "ADDSLOTSRANGE", index * share, last);
    await ask(node, "CLUSTER", "SET-CONFIG-EPOCH", index + 1);
  }
  const [first, ...others] = nodes;
  for (const node of others) {
    const [, bus] = /cluster-port (\d+)/.exec(await configOf(node)) ?? [];
    await ask(first ?? node, "CLUSTER", "MEET", "127.0.0.1", node.port, Number(bus));
  }
  for (const node of nodes) {
    while (!(await knowsAll(node, nodes.length))) await sleep(20);
  }
}

async function configOf(node: TestRedis): Promise<string> {
  const reply = await ask(node, "CONFIG", "GET", "cluster-port");
  return Array.isArray(reply) ? reply.join(" ") : "";
}

async function knowsAll(node: TestRedis, count: number): Promise<boolean> {
  const info = String(await ask(node, "CLUSTER", "INFO"));
  return (
    info.includes("cluster_state:ok") &&
    info.includes(`cluster_known_nodes:${count}`) &&
    info.includes(`cluster_size:${count}`)
  );
}

async function ownerOf(nodes: readonly TestRedis[], key: string): Promise<number> {
  const [first] = nodes;
  if (first === undefined) throw new RangeError("a cluster has nodes");
  const slot = Number(await ask(first, "CLUSTER", "KEYSLOT", key));
  const ranges: unknown = await ask(first, "CLUSTER", "SLOTS");
  for (const range of Array.isArray(ranges) ? ranges : []) {
    const [from, to, [, port]] = range;
    if (slot >= Number(from) && slot <= Number(to)) {
      return nodes.findIndex((node) => node.port === Number(port));
    }
  }
  throw new RangeError(`no node has the slot ${slot}`);
}

async function moveSlot(
  nodes: readonly TestRedis[],
  key: string,
  to: number,
  during: () => Promise<void> = async () => undefined,
): Promise<void> {
  const source = nodes[await ownerOf(nodes, key)];
  const target = nodes[to];
  if (source === undefined || target === undefined) throw new RangeError("no such node");
  const [sourceId, targetId] = await Promise.all(
    [source, target].map(async (node) => String(await ask(node, "CLUSTER", "MYID"))),
  );
  const slot = Number(await ask(source, "CLUSTER", "KEYSLOT", key));
  await ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId ?? "");
  await ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", targetId ?? "");
  const keys: unknown = await ask(source, "CLUSTER", "GETKEYSINSLOT", slot, 1_000);
  const all = Array.isArray(keys) ? keys.map(String) : [];
  for (const [index, each] of all.entries()) {
    if (index === all.length >> 1) await during();
    await ask(source, "MIGRATE", "127.0.0.1", target.port, each, 0, 5_000);
  }
  for (const node of [target, source]) {
    await ask(node, "CLUSTER", "SETSLOT", slot, "NODE", targetId ?? "");
  }
}
