import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import {
  archiveUsers,
  logServiceEnvironment,
  ownDatabase,
  redactionFile,
} from "../generator/render/log-service-config.ts";
import type { Plan } from "../generator/plan/plan.ts";
import { root } from "../tools/root.ts";
import { ToolError } from "../tools/say.ts";
import type { ArchiveAddress } from "./archive.ts";
import { obituary, type Child, type Children } from "./children.ts";
import type { Ports } from "./ports.ts";
import { passwordFile } from "./secrets.ts";
import { writePrivate, type State } from "./state.ts";

/** How long the service may take to be ready once Redis serves. */
const patienceMs = 30_000;

/** What `/health/ready` answers. */
const healthSchema = z.object({
  ready: z.boolean(),
  code: z.string().optional(),
  reason: z.string().optional(),
});

export interface RedisAddress {
  /** Without credentials. */
  url: string;
  username: string;
  /** Undefined: that Redis asks for none. */
  passwordFile: string | undefined;
}

/** The Redis that the user names; its password goes through a file, as it must not be in a process list. */
export async function namedRedis(state: State, url: URL): Promise<RedisAddress> {
  const port = Number(url.port || 6379);
  // A Redis that is not there is the likeliest slip, and the service would wait for it for long.
  if (!(await connects(url.hostname.replace(/^\[|\]$/g, ""), port))) {
    throw new ToolError(`no Redis answers at ${url.hostname}:${port} (--redis-url)`);
  }
  const password = decodeURIComponent(url.password);
  const file = passwordFile(state, "named-redis");
  if (password !== "") writePrivate(file, password);
  return {
    url: `${url.protocol}//${url.hostname}:${port}`,
    username: decodeURIComponent(url.username) || "default",
    passwordFile: password === "" ? undefined : file,
  };
}

/**
 * Starts the log service and waits until it is ready.
 * @throws ToolError with the end of its log when it does not get ready
 */
export async function startService(
  children: Children,
  state: State,
  plan: Plan,
  ports: Ports,
  redis: RedisAddress,
  archive: ArchiveAddress | undefined,
): Promise<void> {
  const child = await children.start({
    name: "the log service",
    command: process.execPath,
    args: [`${root}/apps/log-service/src/main.ts`, "serve"],
    env: {
      ...withoutOurs(process.env),
      ...logServiceEnvironment(plan, plan.id),
      NEURALLOG_HOST: "127.0.0.1",
      NEURALLOG_PORT: String(ports.http),
      NEURALLOG_OPS_PORT: String(ports.ops),
      NEURALLOG_REDIS_URL: redis.url,
      NEURALLOG_REDIS_USERNAME: redis.username,
      NEURALLOG_REDIS_PASSWORD_FILE: redis.passwordFile ?? "",
      NEURALLOG_ACCESS_FILE: state.access,
      NEURALLOG_KEYS_DIR: state.keyHashes,
      // Nobody balances load here, so that nobody has to see first that it leaves.
      NEURALLOG_DRAIN_SECONDS: "0",
      ...hereInstead(state, plan, ports),
      ...archiveInstead(archive),
    },
    log: state.serviceLog,
  });
  await untilReady(child, ports);
}

/** What the record says of a cluster's pods, as it is on this machine. */
function hereInstead(state: State, plan: Plan, ports: Ports): Record<string, string> {
  const { redaction, syslog } = plan.logService;
  const rules = redactionFile(plan);
  if (rules !== undefined) writePrivate(state.redaction, rules);
  const address = `127.0.0.1:${ports.syslog}`;
  return {
    NEURALLOG_REDACTION_FILE: redaction === null ? "" : state.redaction,
    // One process does it all.
    NEURALLOG_WORK: "inside",
    // Nothing leaves this machine, and its certificate is in the cluster.
    NEURALLOG_TLS_CERT_FILE: "",
    NEURALLOG_TLS_KEY_FILE: "",
    NEURALLOG_TLS_CLIENT_CA_FILE: "",
    NEURALLOG_SYSLOG_TLS: "",
    NEURALLOG_SYSLOG_TCP: syslog?.tcp === true ? address : "",
    NEURALLOG_SYSLOG_UDP: syslog?.udp === true ? address : "",
    NEURALLOG_SYSLOG_NETWORKS: "",
    NEURALLOG_MCP_WS_PORT: ports.mcpSocket === undefined ? "" : String(ports.mcpSocket),
  };
}

/** The archive here has users of its own names, and the process that does it all needs all of them. */
function archiveInstead(archive: ArchiveAddress | undefined): Record<string, string> {
  if (archive === undefined) return {};
  const users = archiveUsers.flatMap((user) => {
    const name = `NEURALLOG_ARCHIVE_${user.toUpperCase()}`;
    return [
      [name, `${ownDatabase}_${user}`],
      [`${name}_PASSWORD_FILE`, join(archive.passwords, user)],
    ];
  });
  return {
    NEURALLOG_ARCHIVE_URL: archive.url,
    NEURALLOG_ARCHIVE_CA_FILE: "",
    ...Object.fromEntries(users),
  };
}

/** Settings for a client in the user's shell must not reach the service. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("NEURALLOG_")));
}

async function untilReady(child: Child, ports: Ports): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  let reason = "it does not listen";
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(20)) {
    if (end !== undefined) throw new ToolError(obituary(child, end));
    const health = await healthOf(ports);
    if (health?.ready) return;
    if (health) reason = health.reason ?? "it does not say why";
    // A setting that is wrong does not mend itself.
    if (health?.code === "NL_CONFIG") break;
  }
  throw new ToolError(`the log service is not ready: ${reason} (its log is ${child.log})`);
}

async function healthOf(ports: Ports): Promise<z.infer<typeof healthSchema> | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${ports.ops}/health/ready`);
    return healthSchema.parse(await response.json());
  } catch {
    // It does not listen yet.
    return undefined;
  }
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 }, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(false));
  });
}
