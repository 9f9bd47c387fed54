import { parentPort, workerData } from "node:worker_threads";

import { FOLLOW_SERVICE } from "../follow/line.ts";
import { serveFollow } from "../follow/serve.ts";
import { Answerer } from "../query/engine/answerer.ts";
import { serveQuestions } from "../query/engine/worker/serve.ts";
import type { RedisAddress } from "../store/redis/connection.ts";
import { createRedisStore } from "../store/redis/redis-store.ts";
import type { ArchiveAddress } from "../archive/address.ts";
import { openSources } from "./archive.ts";
import { noteModules } from "./launch.ts";
import { PROTOCOLS } from "./protocols.ts";
import { tidyWhenIdle } from "./tidy.ts";

export interface QueryThreadData {
  readonly address: RedisAddress;
  /** As who reads; undefined for a tenant without an archive: then nothing that belongs to it is loaded. */
  readonly archive: ArchiveAddress | undefined;
}

/** What the query thread runs: a store of its own, whose headers no other thread pays for. */
const data: QueryThreadData = workerData;
if (parentPort !== null) {
  const { address, archive } = data;
  const store = createRedisStore(address);
  const sources = archive && (await openSources(archive, address));
  serveQuestions(parentPort, new Answerer(store, {}, PROTOCOLS, sources), {
    [FOLLOW_SERVICE]: (port) => serveFollow(port, store),
  });
  noteModules();
  tidyWhenIdle({ again: true });
  // Headers are read now and not with the first question; should Redis be away, that one reads them.
  store.namespaces().catch(() => undefined);
}
