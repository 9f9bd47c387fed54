import type { Logger } from "pino";

import { createWorkerEngine, type WorkerEngine } from "../query/engine/worker/engine.ts";
import type { ArchiveAddress } from "../archive/address.ts";
import type { RedisAddress } from "../store/redis/connection.ts";
import type { QueryThreadData } from "./query-thread.ts";

/** Questions are answered by a thread with a store of its own on the same Redis. */
export function createRedisEngine(
  address: RedisAddress,
  logger: Logger,
  archive?: ArchiveAddress,
): WorkerEngine {
  const data: QueryThreadData = { address, archive };
  return createWorkerEngine({
    entry: new URL("./query-thread.ts", import.meta.url),
    data,
    onDeath: (error) => logger.error({ err: error }, "The query thread ended; it is started again"),
  });
}
