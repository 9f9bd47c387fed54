import type { Environment } from "../config/read.ts";
import { readServeConfig } from "../config/serve.ts";
import { unknownVariables } from "../config/unknown.ts";
import { createFollow, FOLLOW_SERVICE } from "../follow/line.ts";
import { createLogger } from "../observe/logger.ts";
import { createRedisSettings } from "../settings/redis/redis-settings.ts";
import { createRedisStore } from "../store/redis/redis-store.ts";
import { moverSettings, openServeArchive, readerAddress } from "./archive.ts";
import { createRedisEngine } from "./query-engine.ts";
import { startServe } from "./serve.ts";
import { untilTold } from "./signals.ts";
import { noWork, startThreadedWork } from "./work.ts";

/** The log service as a process, until it is told to stop; answers the exit code. */
export async function runServe(env: Environment): Promise<number> {
  const config = readServeConfig(env);
  const logger = createLogger(config.logLevel, { tenant: config.tenant, role: "serve" });
  for (const warning of unknownVariables(env)) logger.warn(warning);
  const { url, username, password, lanes } = config.redis;
  const address = { url, username, password: password?.reveal() };
  const store = createRedisStore(address, { lanes });
  const archive = config.archive && openServeArchive(config.archive, address);
  const engine = createRedisEngine(
    address,
    logger,
    config.archive && readerAddress(config.archive),
  );
  engine.start();
  const follow = createFollow(() => engine.open(FOLLOW_SERVICE, undefined));
  const role = await startServe(config, store, logger, {
    engine,
    follow,
    settings: createRedisSettings(address),
    archive,
    work:
      config.work.place === "inside"
        ? startThreadedWork(
            store,
            {
              address,
              policy: config.work.policy,
              archive: config.archive && moverSettings(config.archive),
            },
            logger,
            archive?.clearings,
          )
        : noWork(store),
  });
  await untilTold();
  await role.stop();
  return 0;
}
