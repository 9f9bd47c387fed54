import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { usersAcl } from "../../generator/render/redis-conf.ts";
import { freePort } from "./port.ts";

const main = fileURLToPath(new URL("../../apps/log-service/src/main.ts", import.meta.url));

export interface ServiceOptions {
  /** A server with the users of `redisUsers`. */
  readonly redisUrl: string;
  /** Further variables, and other values for those that are set here. */
  readonly env?: Readonly<Record<string, string>>;
  /** Program and arguments that start the service, instead of this checkout's; `serve` is added. */
  readonly command?: readonly [program: string, ...args: string[]];
  /** A container's folder for access.json and hashes, as this machine and as the service see it. */
  readonly place?: { readonly here: string; readonly inside: string };
}

/** The real log service as a process of its own, with one API key for each role. */
export interface TestService extends AsyncDisposable {
  readonly url: string;
  readonly opsUrl: string;
  readonly keys: Readonly<Record<"writer" | "reader" | "admin", string>>;
  /** Holds access.json, the hashes, and `<role>.key` with each role's key. */
  readonly folder: string;
  readonly process: ChildProcess;
  /** What it logged so far. */
  log(): string;
  stop(): Promise<void>;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const redisPassword = "a password for tests";

/** The users that a tenant's Redis has, for `startRedis({ users: redisUsers })`: the service needs no more than its own. */
export const redisUsers = usersAcl({
  app: sha256(redisPassword),
  exporter: sha256("exporter"),
  backup: sha256("backup"),
  admin: sha256("admin"),
});

/** What a service with a key for each role is configured with. `folder` is as the service sees it. */
export function prepareService(folder: string, seen: string = folder) {
  const roles = ["writer", "reader", "admin"] as const;
  const fresh = () => `nlk_${randomBytes(32).toString("base64url")}`;
  const keys = { writer: fresh(), reader: fresh(), admin: fresh() };
  mkdirSync(folder, { recursive: true });
  for (const role of roles) {
    writeFileSync(join(folder, role), `sha256:${sha256(keys[role])}`);
    writeFileSync(join(folder, `${role}.key`), `${keys[role]}\n`, { mode: 0o600 });
  }
  writeFileSync(join(folder, "redis-password"), redisPassword);
  const entries = roles.map((role) => ({
    name: role,
    roles: [role],
    namespaces: ["*"],
    hash_file: role,
  }));
  writeFileSync(join(folder, "access.json"), JSON.stringify({ keys: entries }));
  const env = {
    NEURALLOG_TENANT: "acme",
    NEURALLOG_REDIS_PASSWORD_FILE: join(seen, "redis-password"),
    NEURALLOG_ACCESS_FILE: join(seen, "access.json"),
    NEURALLOG_KEYS_DIR: seen,
  };
  return { keys, env };
}

/** Starts it and waits until it is ready: `await using service = await startService({ redisUrl: redis.url })`. */
export async function startService(options: ServiceOptions): Promise<TestService> {
  const folder = options.place?.here ?? mkdtempSync(join(tmpdir(), "neurallog-service-"));
  const { keys, env } = prepareService(folder, options.place?.inside);
  const [port, opsPort] = [await freePort(), await freePort()];
  const [program, ...args] = options.command ?? [process.execPath, main];
  const child = spawn(program, [...args, "serve"], {
    env: {
      PATH: process.env["PATH"],
      ...env,
      NEURALLOG_PORT: String(port),
      NEURALLOG_OPS_PORT: String(opsPort),
      NEURALLOG_REDIS_URL: options.redisUrl,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (text) => output.push(String(text)));
  const exited = once(child, "exit");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  while (!(await isReady(opsUrl))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      await stop();
      throw new Error(`the log service did not start:\n${output.join("")}`);
    }
    await sleep(20);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    opsUrl,
    keys,
    folder,
    process: child,
    log: () => output.join(""),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function isReady(opsUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${opsUrl}/health/ready`)).ok;
  } catch {
    return false;
  }
}
