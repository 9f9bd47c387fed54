import { Redis, type RedisOptions } from "ioredis";

import { STORE_LIMITS } from "../../limits.ts";

export interface RedisAddress {
  /** `redis://` or `rediss://`, without credentials. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

const LONGEST_PAUSE_MS = 1_000;

/** One connection that is opened at once and comes back by itself for as long as it is not closed. */
export function connect(address: RedisAddress, connectionName: string): Redis {
  const options = {
    connectionName,
    // RESP2: replies have one shape on every server that we run on.
    protocol: 2,
    // Sent again after a reconnect, a commit that had reached the server would be stored twice.
    autoResendUnfulfilledCommands: false,
    // ioredis then leaves unanswered commands hanging, unless each is failed when its connection is.
    maxRetriesPerRequest: 0,
    // A command while there is no connection fails at once: its caller knows what to do.
    enableOfflineQueue: false,
    commandTimeout: STORE_LIMITS.commandMs,
    connectTimeout: STORE_LIMITS.commandMs,
    retryStrategy: (attempt: number) => Math.min(25 * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS),
    // A user's name without a password would be sent to a server that has no users.
    ...(address.password !== undefined && {
      username: address.username ?? "default",
      password: address.password,
    }),
  } satisfies RedisOptions;
  const client = new Redis(address.url, options);
  // Each command that suffers says so itself; without a listener the event would end the process.
  client.on("error", () => undefined);
  return client;
}

/** Waits until the connection can take commands, but not longer than so many milliseconds. */
export function untilReady(client: Redis, ms: number): Promise<void> {
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
