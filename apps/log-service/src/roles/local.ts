import type { Logger } from "pino";

import type { ServeConfig } from "../config/serve.ts";
import { createLocalFollow } from "../follow/serve.ts";
import { createLocalEngine } from "../query/engine/local.ts";
import { createMemorySettings } from "../settings/memory/memory-settings.ts";
import type { LogStore } from "../store/port.ts";
import { PROTOCOLS } from "./protocols.ts";
import type { Engines } from "./serve.ts";
import { noWork, startWork } from "./work.ts";

/** Everything on the main thread, and settings that end with the process: for tests. */
export function localEngines(
  config: ServeConfig,
  store: LogStore,
  logger: Logger,
  others: Partial<Engines> = {},
): Engines {
  return {
    engine: others.engine ?? createLocalEngine(store, {}, PROTOCOLS),
    follow: others.follow ?? createLocalFollow(store),
    settings: others.settings ?? createMemorySettings(),
    work:
      others.work ??
      (config.work.place === "inside"
        ? startWork(store, config.work.policy, logger)
        : noWork(store)),
  };
}
