import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "pino";

import { createAuthenticator } from "../access/authenticator.ts";
import { BodyBudget } from "../access/body-budget.ts";
import { RateLimiter } from "../access/rate-limiter.ts";
import type { ServeConfig } from "../config/serve.ts";
import type { FollowSource } from "../follow/port.ts";
import { createApp } from "../http/app.ts";
import { addHealthRoutes, addMetricsRoute } from "../http/health.ts";
import { addLevelsRoute } from "../http/levels-route.ts";
import { addMainRoutes } from "../http/main-routes.ts";
import { decoratePrincipal } from "../http/principal.ts";
import { HEALTH_LIMITS } from "../limits.ts";
import { addMcpDoor } from "../mcp/door.ts";
import { addMcpSocketDoor } from "../mcp/websocket/door.ts";
import { watchMoving } from "../observe/archive-metrics.ts";
import { EventLoopDelay } from "../observe/event-loop.ts";
import { Metrics } from "../observe/metrics.ts";
import { watchProcess, watchThreads } from "../observe/process-metrics.ts";
import { shared } from "../observe/shared.ts";
import { traceField } from "../observe/trace.ts";
import { watchStore } from "../observe/store-metrics.ts";
import { watchWork } from "../observe/work-metrics.ts";
import { Administration } from "../operations/administration.ts";
import { Auditor } from "../operations/audit.ts";
import { Clearer } from "../operations/clear.ts";
import { Follower } from "../operations/follow.ts";
import { KeyAdmin } from "../operations/keys.ts";
import { Levels } from "../operations/levels.ts";
import { Writer } from "../operations/write.ts";
import { Searcher } from "../operations/search.ts";
import { DirectStore } from "../operations/store-directly.ts";
import { Statistics } from "../operations/stats.ts";
import type { QueryEngine } from "../query/engine/port.ts";
import type { SettingsStore } from "../settings/port.ts";
import type { LogStore } from "../store/port.ts";
import { identifyDirectly } from "./identify.ts";
import type { ServeArchive } from "./archive.ts";
import { archiveSize } from "./archive-size.ts";
import { listen } from "./listen.ts";
import { openParts, type Parts } from "./parts.ts";
import { ReadinessCheck } from "./readiness.ts";
import { openSyslog, type RunningSyslog, type SyslogPorts } from "./syslog.ts";
import type { RunningWork } from "./work.ts";

export interface RunningRole {
  readonly port: number;
  readonly opsPort: number | undefined;
  /** The port of MCP over WebSockets, where the role serves it. */
  readonly mcpSocketPort?: number | undefined;
  /** The ports of syslog, where the role takes it. */
  readonly syslog?: SyslogPorts;
  /** Drains: not ready, then no new connections, requests in flight answered, commits finished. */
  readonly stop: () => Promise<void>;
}

/** What works beside the store; `local.ts` makes them all in this very thread. */
export interface Engines {
  readonly engine: QueryEngine;
  readonly follow: FollowSource;
  readonly settings: SettingsStore;
  readonly work: RunningWork;
  /** Undefined where the tenant has none. */
  readonly archive?: ServeArchive | undefined;
}

/**
 * Starts the log service on a store and an engine for questions, which it closes when it stops.
 * @throws ServiceError when a port is taken; then nothing of it runs on.
 */
export async function startServe(
  config: ServeConfig,
  store: LogStore,
  logger: Logger,
  { engine, follow, settings, work, archive }: Engines,
): Promise<RunningRole> {
  const release = async () => {
    await work.stop();
    settings.close();
    follow.close();
    await engine.close();
    await archive?.close();
    await store.close();
  };
  const { keys, redactor, tls } = await opened(() => openParts(config, settings, logger), release);
  const authenticator = createAuthenticator(keys, {
    until: () => (settings.current === undefined ? settings.read() : undefined),
  });
  const metrics = new Metrics();
  const readiness = new ReadinessCheck({
    store,
    engine,
    workTrouble: work.trouble,
    archiveTrouble: work.archiveTrouble,
    report: (failure) =>
      failure === undefined
        ? logger.info("Writes are taken and questions answered")
        : logger.error({ code: failure.code, reason: failure.reason }, "The service is not ready"),
  });
  const loop = new EventLoopDelay();
  const storeHealth = () => readiness.store();
  const inventory = shared(() =>
    engine.ask(
      { kind: "namespaces", scope: { names: "*", carried: false } },
      AbortSignal.timeout(HEALTH_LIMITS.inventoryMs),
    ),
  );
  watchStore(metrics, { store, health: storeHealth, inventory });
  watchWork(metrics, work.stats);
  if (archive !== undefined && config.work.place === "inside") watchMoving(metrics, work.moving);
  watchProcess(metrics, loop);
  watchThreads(metrics, () => ({ query: engine.deaths, work: work.deaths() }));
  metrics.watchFollow(follow);
  const limiter = new RateLimiter(config.rates);
  const writer = new Writer({
    store,
    limiter,
    namespaces: config.namespaces,
    metrics,
    redactor,
  });
  const searcher = new Searcher({
    engine,
    namespaces: config.namespaces,
    metrics,
    slow: {
      ms: config.queries.slowMs,
      withText: config.queries.logText,
      report: (question) => logger.warn({ ...question, ...traceField() }, "A slow question"),
    },
  });
  const health = { readiness: () => readiness.read() };
  const archiveBytes = archiveSize(archive?.reader);
  const statistics = new Statistics({
    tenant: config.tenant,
    searcher,
    store,
    health: storeHealth,
    follow,
    work: work.stats,
    moving: archive && work.moving,
    archiveBytes,
    metrics,
    loop,
  });

  const follower = new Follower(follow, config.namespaces);
  const directStore = new DirectStore({
    archive: archive?.writer,
    limiter,
    metrics,
    redactor,
  });
  const admin = {
    auditor: new Auditor({
      store,
      report: (entry, message, failed) => logger[failed ? "warn" : "info"](entry, message),
    }),
    clearer: new Clearer({
      store,
      engine,
      namespaces: config.namespaces,
      clearings: archive?.clearings,
    }),
    keys: new KeyAdmin(keys, settings),
    levels: new Levels(settings),
  };
  const identify = identifyDirectly(authenticator, {
    writer,
    searcher,
    follower,
    directStore,
    administration: new Administration(admin),
    levels: admin.levels,
    archiveBytes,
  });
  const main = createApp({ logger, metrics, tls });
  // One for all doors: what they hold together is what ends a process.
  const bodies = new BodyBudget();
  addMainRoutes(main, {
    authenticator,
    bodies,
    writer,
    directStore,
    searcher,
    follower,
    namespaces: config.namespaces,
    metrics,
    health,
    statistics,
    admin,
  });
  const mcp = {
    bodies,
    publicHosts: config.publicHosts,
    toolNames: config.toolNames,
    report: (error: unknown) =>
      logger.error({ err: error, ...traceField() }, "An MCP request failed"),
  };
  addMcpDoor(main, { ...mcp, identify });
  const sockets = createApp({ logger, metrics, tls });
  addMcpSocketDoor(sockets, { ...mcp, identify });
  // Programs that know no other port follow their levels here.
  decoratePrincipal(sockets);
  addLevelsRoute(sockets, {
    authenticator,
    levels: admin.levels,
    defaultNamespace: (principal) => writer.defaultNamespace(principal),
  });
  const ops = createApp({ logger, metrics });
  addHealthRoutes(ops, health, "operators");
  addMetricsRoute(ops, metrics);

  let syslog: RunningSyslog | undefined;
  const close = async () => {
    await syslog?.stop();
    await sockets.close();
    await main.close();
    keys.close();
    loop.close();
    await release();
    // Last, so that a probe hears 'draining' to the end and not a refused connection.
    await ops.close();
  };
  try {
    const port = await listen(main, config.host, config.port, "NEURALLOG_PORT");
    const opsPort =
      config.opsPort === undefined
        ? undefined
        : await listen(ops, config.host, config.opsPort, "NEURALLOG_OPS_PORT");
    const mcpSocketPort =
      config.mcpSocketPort === undefined
        ? undefined
        : await listen(sockets, config.host, config.mcpSocketPort, "NEURALLOG_MCP_WS_PORT");
    syslog = await openSyslog(config, { writer, metrics, logger });
    const syslogPorts = { tcp: syslog?.tcpPort, tls: syslog?.tlsPort, udp: syslog?.udpPort };
    logger.info({ port, opsPort, mcpSocketPort, syslog: syslogPorts }, "The log service listens");
    // What is wrong with the store stands in the log also where no probe asks.
    setTimeout(() => void readiness.store(), HEALTH_LIMITS.checkMs).unref();
    return {
      port,
      opsPort,
      mcpSocketPort,
      syslog: syslogPorts,
      stop: async () => {
        readiness.drain();
        // Load balancers and Services need a moment to see that this process is leaving.
        await sleep(config.drainSeconds * 1000);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What cannot be opened must not leave connections behind: they would keep the process alive. */
async function opened(open: () => Parts, release: () => Promise<void>): Promise<Parts> {
  try {
    return open();
  } catch (error) {
    await release();
    throw error;
  }
}
