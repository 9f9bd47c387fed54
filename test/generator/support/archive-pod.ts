import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { z } from "zod";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { podTemplates } from "../../../generator/manifests/workloads.ts";
import { accountForServer } from "../../../tools/postgres/account.ts";
import { findPostgres } from "../../../tools/postgres/find.ts";
import { serverEnvironment } from "../../../tools/postgres/run-as.ts";
import { freePort } from "../../../tools/port.ts";
import { runProgram } from "../../../tools/process.ts";
import { watchdog } from "../../../tools/watchdog.ts";
import { at } from "./committed.ts";

const container = z.looseObject({ command: z.array(z.string()), args: z.array(z.string()) });

/** The files and the command of the archive's pod, on this machine. */
export interface ArchivePod extends AsyncDisposable {
  readonly port: number;
  readonly child: ChildProcess;
  /** What it printed so far. */
  log(): string;
  connect(user: string, password: string): Promise<Client>;
  /** Sends its first process a signal. */
  signal(name: NodeJS.Signals): void;
  /** kill -9 of all that it runs. */
  kill(): Promise<void>;
}

export interface PodOptions {
  /** Stands for the image: holds `postgres` and `initdb`. */
  readonly bin?: string;
  /** Process numbers of its own, of which its command has the first, as in a container. Root only. */
  readonly apart?: boolean;
}

/** As in a container: the command is process 1, and nothing outlives it. */
function apartAs(uid: number, gid: number): string[] {
  return [
    "unshare --pid --fork --kill-child=KILL",
    `setpriv --reuid=${uid} --regid=${gid} --clear-groups --pdeathsig KILL`,
  ].flatMap((words) => words.split(" "));
}

/** Whether this machine gives a command process numbers of its own. */
export async function mayBeApart(): Promise<boolean> {
  const account = process.platform === "linux" ? accountForServer() : undefined;
  if (account === undefined) return false;
  const [program = "", ...args] = [...apartAs(account.uid, account.gid), "true"];
  return (await runProgram(program, args)).code === 0;
}

/** Starts it, its absolute folders being ones below `folder`, where it finds what the last one left. */
export async function startPod(
  objects: readonly Manifest[],
  folder: string,
  options: PodOptions = {},
): Promise<ArchivePod> {
  const bin = options.bin ?? (await findPostgres()).bin;
  const account = accountForServer();
  const port = await freePort();
  const here = (text: string): string =>
    text
      .replaceAll(/(?<![\w/])\/(?:etc|var)\//g, (start) => `${folder}${start}`)
      .replace(/^port = 5432$/m, `port = ${port}`)
      .replace("unix_socket_directories = '/tmp'", `unix_socket_directories = '${folder}'`);
  const own = (path: string, text?: string): void => {
    if (text === undefined) mkdirSync(path, { recursive: true });
    else writeFileSync(path, text);
    if (account !== undefined) chownSync(path, account.uid, account.gid);
  };
  for (const each of ["", "/etc", "/etc/archive", "/etc/archive-passwords", "/var", "/var/lib"])
    own(`${folder}${each}`);
  for (const each of ["/var/lib/postgresql", "/var/lib/postgresql/18"]) own(`${folder}${each}`);
  for (const map of objects) {
    if (map.kind !== "ConfigMap" || !/^archive(?:-start-\w+)?$/.test(map.name)) continue;
    const files = z.record(z.string(), z.string()).parse(at(map, "data"));
    for (const [file, text] of Object.entries(files))
      own(`${folder}/etc/archive/${file}`, here(text));
  }
  for (const user of ["owner", "writer", "reader"]) {
    const file = `${folder}/etc/archive-passwords/${user}`;
    if (!existsSync(file)) own(file, `password of ${user}`);
  }
  const spec = podTemplates(objects).find(({ owner }) => owner === "StatefulSet archive")?.spec;
  const { command, args } = container.parse(spec?.containers[0]);
  const apart = options.apart === true && account !== undefined;
  const [program = "", ...rest] = [
    ...(apart ? apartAs(account.uid, account.gid) : []),
    ...[...command, ...args].map(here),
  ];
  const environment = serverEnvironment();
  const child = spawn(program, rest, {
    ...(apart ? {} : account),
    cwd: folder,
    env: { ...environment, PATH: `${bin}:${environment["PATH"]}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const callOff = watchdog('kill -9 "$1"', [String(child.pid)]);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => (said += part.toString()));
  const ended = once(child, "close");
  const signal = (name: NodeJS.Signals): void => {
    if (!apart) return void child.kill(name);
    const inside = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
    process.kill(Number(inside), name);
  };
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    port,
    child,
    log: () => said,
    connect: async (user, password) => {
      const client = new Client({ host: "127.0.0.1", port, database: "neurallog", user, password });
      await client.connect();
      return client;
    },
    signal,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
      callOff();
    },
    [Symbol.asyncDispose]: async () => {
      if (!isOver()) signal("SIGINT");
      await ended;
      callOff();
    },
  };
}

/** A folder for `startPod`, which the server's account may enter. */
export function podFolder(): { readonly folder: string } & AsyncDisposable {
  const parent = mkdtempSync(join(tmpdir(), "neurallog-archive-"));
  chmodSync(parent, 0o711);
  return {
    folder: join(parent, "pod"),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}

/** Asks whether the server takes connections. */
export const takesConnections = (pod: ArchivePod) => (): boolean =>
  pod.log().includes("ready to accept connections");
