import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Plan, PostgresSizes } from "../generator/plan/plan.ts";
import { ownDatabase } from "../generator/render/log-service-config.ts";
import { postgresConf } from "../generator/render/postgres-conf.ts";
import { freePort } from "../tools/port.ts";
import { accountForServer, type Account } from "../tools/postgres/account.ts";
import { dataFolder } from "../tools/postgres/cluster.ts";
import { findPostgres } from "../tools/postgres/find.ts";
import { serverEnvironment } from "../tools/postgres/run-as.ts";
import { isReady } from "../tools/postgres/server.ts";
import { root } from "../tools/root.ts";
import { say, ToolError } from "../tools/say.ts";
import { obituary, type Child, type Children } from "./children.ts";
import { archivePasswords } from "./secrets.ts";
import { writePrivate, type State } from "./state.ts";

export interface ArchiveAddress {
  /** Without credentials. */
  url: string;
  /** Holds a file with the password of each user, by its name. */
  passwords: string;
  /** For people: "PostgreSQL 18.4 on 127.0.0.1:41234". */
  words: string;
}

/** Of a server that keeps the archives of a whole cluster the record knows no size; this fits a laptop. */
const standIn: PostgresSizes = {
  sharedBuffersBytes: 128 * 2 ** 20,
  cacheBytes: 512 * 2 ** 20,
  workBytes: 4 * 2 ** 20,
  maintenanceBytes: 64 * 2 ** 20,
  walBytes: 1024 * 2 ** 20,
  connections: 40,
  parallelWorkers: 2,
};

/**
 * Starts the PostgreSQL of the tenant's archive, by the very script and with the settings that a
 * cluster's pod has, and waits until it takes connections.
 * @throws ToolError that says what to do, or with the end of its log
 */
export async function startArchive(
  children: Children,
  state: State,
  plan: Plan,
): Promise<ArchiveAddress | undefined> {
  const database = plan.archive?.database;
  if (database === undefined) return undefined;
  if (database.mode === "external") {
    say(`tenant ${plan.id} has its archive at ${database.host}; here a local one stands in for it`);
  }
  const { bin, version } = await findPostgres();
  const account = accountForServer();
  // The next major version cannot read this one's files.
  const major = String(Number.parseInt(version, 10));
  const folder = join(state.folder, `archive-${major}`);
  const passwords = join(folder, "passwords");
  for (const each of [folder, passwords]) {
    mkdirSync(each, { recursive: true });
    chmodSync(each, 0o700);
  }
  const own = [folder, passwords, ...archivePasswords(passwords)];
  const port = await freePort();
  const base = join(root, "bases", plan.release, "archive");
  const put = (name: string, text: string): string => {
    const file = join(folder, name);
    writePrivate(file, text);
    own.push(file);
    return file;
  };
  const copied = (name: string): string => put(name, readFileSync(join(base, name), "utf8"));
  const hbaFile = copied("pg_hba.conf");
  const script = copied("start.sh");
  const place = { listen: "127.0.0.1", port, sockets: "", hbaFile };
  const sizes = database.mode === "own" ? database.sizes : standIn;
  const conf = put("postgresql.conf", postgresConf(sizes, place));
  if (account !== undefined) giveTo(account, own, state);
  const environment = serverEnvironment();
  const child = await children.start({
    name: `PostgreSQL ${version}`,
    command: "sh",
    args: [script, dataFolder(folder), conf, passwords, major],
    env: { ...environment, PATH: [bin, environment["PATH"]].join(delimiter) },
    account,
    // SIGTERM would wait for every connection to close by itself.
    endSignal: "SIGINT",
    log: state.archiveLog,
  });
  await untilReady(child, folder);
  return {
    url: `postgres://127.0.0.1:${port}/${ownDatabase}`,
    passwords,
    words: `PostgreSQL ${version} on 127.0.0.1:${port}`,
  };
}

/** PostgreSQL does not run as root: then the files are those of the account that it runs as. */
function giveTo(account: Account, files: readonly string[], state: State): void {
  for (const file of files) chownSync(file, account.uid, account.gid);
  // Who may pass may not look: nothing in there is open to others.
  for (const each of [state.folder, dirname(state.folder)]) {
    chmodSync(each, statSync(each).mode | 0o011);
  }
  for (let above = dirname(state.folder); above !== dirname(above); above = dirname(above)) {
    if ((statSync(above).mode & 0o001) !== 0) continue;
    throw new ToolError(
      `PostgreSQL does not run as root, and as user ${account.uid} it may not enter ${above}. ` +
        "Start as another user, or keep the state elsewhere: npm start -- --state FOLDER",
    );
  }
}

async function untilReady(child: Child, folder: string): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const slowAt = Date.now() + 5_000;
  for (let told = false; !isReady(folder, child.pid); await sleep(20)) {
    if (end !== undefined) throw new ToolError(obituary(child, end));
    if (told || Date.now() < slowAt) continue;
    say("PostgreSQL makes its files, or reads again what it had not written ...");
    told = true;
  }
}
