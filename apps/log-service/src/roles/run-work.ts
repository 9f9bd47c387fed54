import { MOVER_LIMITS } from "../archive/limits.ts";
import type { Environment } from "../config/read.ts";
import { unknownVariables } from "../config/unknown.ts";
import { readWorkConfig } from "../config/work.ts";
import { createApp } from "../http/app.ts";
import { addHealthRoutes, addMetricsRoute } from "../http/health.ts";
import { watchMoving } from "../observe/archive-metrics.ts";
import { createLogger } from "../observe/logger.ts";
import { EventLoopDelay } from "../observe/event-loop.ts";
import { Metrics } from "../observe/metrics.ts";
import { watchProcess } from "../observe/process-metrics.ts";
import { shared } from "../observe/shared.ts";
import { watchStore } from "../observe/store-metrics.ts";
import { watchWork } from "../observe/work-metrics.ts";
import { tombstoneMask } from "../query/engine/tombstones.ts";
import { createRedisStore } from "../store/redis/redis-store.ts";
import { moverSettings } from "./archive.ts";
import { listen } from "./listen.ts";
import { logMoverNote } from "./mover-notes.ts";
import { openMover } from "./moving.ts";
import { ReadinessCheck } from "./readiness.ts";
import { untilTold } from "./signals.ts";
import { startWork } from "./work.ts";

/** Work on stored blocks as a process of its own, until it is told to stop; answers the exit code. */
export async function runWork(env: Environment): Promise<number> {
  const config = readWorkConfig(env);
  const logger = createLogger(config.logLevel, { tenant: config.tenant, role: "work" });
  for (const warning of unknownVariables(env)) logger.warn(warning);
  const { url, username, password } = config.redis;
  const address = { url, username, password: password?.reveal() };
  const store = createRedisStore(address, { compileTombstone: tombstoneMask });
  const metrics = new Metrics();
  const mover =
    config.archive &&
    (await openMover(moverSettings(config.archive), address, store, (note) =>
      logMoverNote(logger, note),
    ));
  const work = startWork(store, config.work.policy, logger, mover);
  const readiness = new ReadinessCheck({
    store,
    workTrouble: work.trouble,
    archiveTrouble: work.archiveTrouble,
  });
  const loop = new EventLoopDelay();
  const inventory = shared(async () => ({
    namespaces: await store.namespaces(),
    held: store.stats(),
  }));
  watchStore(metrics, { store, health: () => readiness.store(), inventory });
  watchWork(metrics, work.stats);
  if (mover !== undefined) watchMoving(metrics, work.moving);
  watchProcess(metrics, loop);
  const ops = createApp({ logger, metrics });
  addHealthRoutes(ops, { readiness: () => readiness.read() }, "operators");
  addMetricsRoute(ops, metrics);
  const close = async () => {
    loop.close();
    await work.stop();
    await store.close();
    await ops.close();
    // A database that hangs keeps its connection, and with it this process.
    if (mover !== undefined) setTimeout(() => process.exit(), MOVER_LIMITS.stopMs).unref();
  };
  try {
    if (config.opsPort !== undefined) {
      await listen(ops, config.host, config.opsPort, "NEURALLOG_OPS_PORT");
    }
    logger.info({ opsPort: config.opsPort }, "Work on stored blocks has started");
    await untilTold();
    readiness.drain();
    return 0;
  } finally {
    await close();
  }
}
