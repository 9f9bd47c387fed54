import { Cluster, Redis } from "ioredis";

import { STORE_LIMITS } from "../../limits.ts";

export interface RedisAddress {
  /**
   * `redis://` or `rediss://` (TLS) for one server; `redis-cluster://` or `rediss-cluster://` for a
   * cluster, where several `host:port`, separated by commas, are each a way in. Without credentials.
   */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** One server, or a cluster that finds the right one for each command's keys. */
export type RedisClient = Redis | Cluster;

const LONGEST_PAUSE_MS = 1_000;
const DEFAULT_PORT = 6379;

/** One client that connects at once and comes back by itself for as long as it is not closed. */
export function connect(address: RedisAddress, connectionName: string): RedisClient {
  const options = {
    connectionName,
    // RESP2: replies have one shape on every server that we run on.
    protocol: 2,
    // Sent again after a reconnect, a commit that had reached the server would be stored twice.
    autoResendUnfulfilledCommands: false,
    // ioredis then leaves unanswered commands hanging, unless each is failed when its connection is.
    maxRetriesPerRequest: 0,
    commandTimeout: STORE_LIMITS.commandMs,
    connectTimeout: STORE_LIMITS.commandMs,
    // A user's name without a password would be sent to a server that has no users.
    ...(address.password !== undefined && {
      username: address.username ?? "default",
      password: address.password,
    }),
  } satisfies NodeOptions;
  const cluster = readClusterUrl(address.url);
  const client =
    cluster === undefined
      ? new Redis(address.url, {
          ...options,
          // A command while there is no connection fails at once: its caller knows what to do.
          enableOfflineQueue: false,
          retryStrategy: pause,
        })
      : connectCluster(cluster, options);
  // Each command that suffers says so itself; without a listener the event would end the process.
  client.on("error", () => undefined);
  // Every commit that finds the connection down waits for it: as many as the queue lets in, no leak.
  client.setMaxListeners(0);
  return client;
}

/** What one server and each of a cluster's have in common. */
type NodeOptions = NonNullable<ConstructorParameters<typeof Cluster>[1]>["redisOptions"] & {};

interface ClusterPlace {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly tls: boolean;
}

function connectCluster({ nodes, tls }: ClusterPlace, options: NodeOptions): Cluster {
  return new Cluster([...nodes], {
    // Each node's connection is made with its first command, and only a queue lets that one wait.
    enableOfflineQueue: true,
    redisOptions: tls ? { ...options, tls: {} } : options,
    clusterRetryStrategy: pause,
    // Only what a server refused goes out again: it moved the keys. What a cut connection may have
    // carried out is the caller's to repeat.
    retryDelayOnFailover: 0,
    // Our own callers know how long they try.
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: STORE_LIMITS.commandMs,
    // A node that was lost is looked for again only by this.
    slotsRefreshInterval: LONGEST_PAUSE_MS,
  });
}

/** @returns undefined for the address of one server. */
export function readClusterUrl(url: string): ClusterPlace | undefined {
  const [, secure, places] = /^redis(s?)-cluster:\/\/([^/?#]+)\/?$/.exec(url) ?? [];
  if (places === undefined) return undefined;
  const nodes = places.split(",").map((place) => {
    const { hostname, port } = new URL(`redis://${place}`);
    // ioredis takes IPv6 addresses bare.
    return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || DEFAULT_PORT) };
  });
  return { nodes, tls: secure === "s" };
}

function pause(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS);
}

/**
 * What is sent in one turn goes out in one write, and comes in as one there: each costs either side a
 * system call, of which the short questions are made.
 */
export function sentTogether<T>(client: RedisClient, send: () => T): T {
  if (client instanceof Cluster) return send();
  const { stream } = client;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/** Every server that holds data; for one server that is the client itself. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

/** Waits until the connection can take commands, but not longer than so many milliseconds. */
export function untilReady(client: RedisClient, ms: number): Promise<void> {
  if (client.status === "ready") return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      client.off("ready", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    client.on("ready", done);
  });
}
