// What an archive becomes: whose passwords go where, and a real PostgreSQL that runs the pod's own command.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { podTemplates } from "../../../generator/manifests/workloads.ts";
import {
  logServiceEnvironment,
  workEnvironment,
} from "../../../generator/render/log-service-config.ts";
import { archiveFields } from "../../../apps/log-service/src/config/archive.ts";
import { unknownVariables } from "../../../apps/log-service/src/config/unknown.ts";
import { accountForServer } from "../../../tools/postgres/account.ts";
import { findPostgres } from "../../../tools/postgres/find.ts";
import { serverEnvironment } from "../../../tools/postgres/run-as.ts";
import { freePort } from "../../../tools/port.ts";
import { watchdog } from "../../../tools/watchdog.ts";
import { buildPlan } from "../support/build.ts";
import { at, find } from "../support/committed.ts";
import { cloudPlan } from "../support/plans.ts";
import { homeRecord, planOf, withValues, type Json } from "../support/records.ts";

const ROOT = "tenant-acme";
const build = (values: Readonly<Record<string, Json | undefined>> = {}): Promise<Manifest[]> =>
  buildPlan(planOf(withValues(homeRecord, values)));

const container = z.looseObject({
  command: z.array(z.string()),
  args: z.array(z.string()),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
});
const sources = z.object({
  projected: z.object({
    sources: z.array(
      z.looseObject({
        secret: z
          .looseObject({ name: z.string(), items: z.array(z.object({ path: z.string() })) })
          .optional(),
      }),
    ),
  }),
});

/** Files of the volume `archive`, by the Secret that they come from. */
function passwordsOf(objects: readonly Manifest[], owner: string): string[] {
  const pod = podTemplates(objects).find((each) => each.owner === owner);
  const volume = pod?.spec.volumes?.find(({ name }) => name === "archive");
  return sources
    .parse(volume)
    .projected.sources.flatMap(({ secret }) => secret?.items.map(({ path }) => path) ?? []);
}

function environmentOf(objects: readonly Manifest[], owner: string): Record<string, string> {
  const pod = podTemplates(objects).find((each) => each.owner === owner);
  const [first] = z.array(container.partial()).parse(pod?.spec.containers);
  return Object.fromEntries((first?.env ?? []).map(({ name, value = "" }) => [name, value]));
}

/** What the environment says of password files has to be what is mounted. */
function expectMounted(objects: readonly Manifest[], owner: string): void {
  const named = Object.entries(environmentOf(objects, owner))
    .filter(([name]) => /^NEURALLOG_ARCHIVE_.*_PASSWORD_FILE$/.test(name))
    .map(([, file]) => file);
  expect(named).toEqual(
    passwordsOf(objects, owner).map((file) => `/etc/neurallog/archive/${file}`),
  );
}

describe("the archive's passwords", () => {
  it("are each where it is used: the owner's only with the pod that moves records", async () => {
    const objects = await build();
    expect(passwordsOf(objects, "Deployment log-service")).toEqual(["writer", "reader"]);
    expect(passwordsOf(objects, "Deployment log-service-work")).toEqual(["owner", "writer"]);
    for (const name of ["log-service", "log-service-work"])
      expectMounted(objects, `Deployment ${name}`);
  });

  it("are all the log service's where it moves records itself", async () => {
    const objects = await build({ "logService.work": undefined });
    expect(passwordsOf(objects, "Deployment log-service")).toEqual(["owner", "writer", "reader"]);
    expectMounted(objects, "Deployment log-service");
  });

  it("never reach an MCP endpoint", async () => {
    const endpoint = (await build()).filter(({ namespace }) => namespace?.endsWith("-mcp"));
    expect(endpoint.length).toBeGreaterThan(0);
    expect(JSON.stringify(endpoint.map(({ body }) => body))).not.toMatch(/archive|5432/i);
  });
});

describe("what the service is told", () => {
  const told = (values: Readonly<Record<string, Json | undefined>>) =>
    logServiceEnvironment(planOf(withValues(homeRecord, values)), ROOT);

  it.each([
    { "archive.retention": "1d" },
    { "archive.retention": "3660d" },
    { "archive.buffer.records": 1000 },
    { "archive.buffer.records": 1_000_000_000 },
    { "archive.buffer.bytes": "1Mi" },
    { "archive.buffer": undefined },
    { "archive.fullText": false },
  ])("is taken by it at the bounds of the record: %j", (values) => {
    const read = z.object(archiveFields).parse(told(values));
    expect(read.NEURALLOG_ARCHIVE_URL).toBe("postgres://archive:5432/neurallog");
  });

  it("names users as the service takes them, however long the tenant's id is", () => {
    const { archive, ...plan } = cloudPlan();
    if (archive?.database.mode !== "external") throw new Error("no server of the cluster");
    const database = { ...archive.database, name: "n".repeat(56) };
    const env = logServiceEnvironment({ ...plan, archive: { ...archive, database } }, ROOT);
    expect(z.object(archiveFields).parse(env).NEURALLOG_ARCHIVE_WRITER).toHaveLength(63);
  });

  it("is nothing that it does not know", () => {
    expect(unknownVariables(told({ "logService.mcpWebSocket": true }))).toEqual([]);
    const work = workEnvironment(planOf(homeRecord), 100);
    expect(unknownVariables(work)).toEqual([]);
    expect(Object.keys(work)).toContain("NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE");
  });
});

describe("an archive on a server of the cluster", () => {
  it("is named with users of the tenant's own and who signed its certificate, and starts no pod", async () => {
    const objects = await buildPlan(cloudPlan());
    expect(find(objects, "StatefulSet", ROOT, "archive")).toBeUndefined();
    expect(environmentOf(objects, "Deployment log-service")).toMatchObject({
      NEURALLOG_ARCHIVE_URL: "postgres://archives.example.com:5433/neurallog_acme",
      NEURALLOG_ARCHIVE_READER: "neurallog_acme_reader",
      NEURALLOG_ARCHIVE_WRITER: "neurallog_acme_writer",
      NEURALLOG_ARCHIVE_CA_FILE: "/etc/neurallog/archive/ca.crt",
    });
    expect(environmentOf(objects, "Deployment log-service-work")).toMatchObject({
      NEURALLOG_ARCHIVE_OWNER: "neurallog_acme_owner",
    });
    const authority = find(objects, "ConfigMap", ROOT, "archive-authority");
    expect(at(authority, "data", "ca.crt")).toContain("CCCC");
    const egress = JSON.stringify(
      at(find(objects, "NetworkPolicy", ROOT, "log-service"), "spec", "egress"),
    );
    expect(egress).toContain(
      '{"ports":[{"port":5433,"protocol":"TCP"}],"to":[{"ipBlock":{"cidr":"192.0.2.64/28"}}]}',
    );
  });

  it("has its passwords fetched where the cluster fetches secrets", async () => {
    const objects = await buildPlan(cloudPlan());
    const secret = find(objects, "ExternalSecret", ROOT, "archive-passwords");
    expect(JSON.stringify(at(secret, "spec", "dataFrom"))).toContain(
      '"neurallog/acme/archive-passwords"',
    );
  });
});

describe.each(["suspended", "retiring"])("a tenant that is %s", (state) => {
  it("keeps its archive, which only its own log service reaches", async () => {
    const objects = await build({
      state,
      ...(state === "retiring" ? { retireAfter: "2031-01-31" } : {}),
    });
    expect(at(find(objects, "StatefulSet", ROOT, "archive"), "spec", "replicas")).toBe(1);
    const claim = find(objects, "PersistentVolumeClaim", ROOT, "data-archive-0");
    expect(at(claim, "metadata", "annotations")).toEqual({
      "argocd.argoproj.io/sync-options": "Prune=false,Delete=confirm",
    });
    expect(at(find(objects, "NetworkPolicy", ROOT, "archive"), "spec", "ingress")).toEqual([
      {
        from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "log-service" } } }],
        ports: [{ port: 5432, protocol: "TCP" }],
      },
    ]);
    // Whoever is left exports what it holds, and goes on moving.
    expect(passwordsOf(objects, "Deployment log-service")).toEqual(["owner", "writer", "reader"]);
  });
});

/** The pod's files and command, on this machine: its absolute folders become ones below `folder`. */
interface Pod extends AsyncDisposable {
  readonly port: number;
  readonly child: ChildProcess;
  log(): string;
  connect(user: string, password: string): Promise<Client>;
}

async function startPod(objects: readonly Manifest[], folder: string): Promise<Pod> {
  const { bin } = await findPostgres();
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
  for (const name of ["archive", "archive-start"]) {
    const files = z
      .record(z.string(), z.string())
      .parse(at(find(objects, "ConfigMap", ROOT, name), "data"));
    for (const [file, text] of Object.entries(files))
      own(`${folder}/etc/archive/${file}`, here(text));
  }
  for (const user of ["owner", "writer", "reader"]) {
    const file = `${folder}/etc/archive-passwords/${user}`;
    if (!existsSync(file)) own(file, `password of ${user}`);
  }
  const spec = podTemplates(objects).find(({ owner }) => owner === "StatefulSet archive")?.spec;
  const { command, args } = container.parse(spec?.containers[0]);
  const [program = "", ...rest] = [...command, ...args].map(here);
  const environment = serverEnvironment();
  const child = spawn(program, rest, {
    ...account,
    cwd: folder,
    env: { ...environment, PATH: `${bin}:${environment["PATH"]}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const callOff = watchdog('kill -9 "$1"', [String(child.pid)]);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => (said += part.toString()));
  const ended = once(child, "exit");
  return {
    port,
    child,
    log: () => said,
    connect: async (user, password) => {
      const client = new Client({ host: "127.0.0.1", port, database: "neurallog", user, password });
      await client.connect();
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGINT");
      await ended;
      callOff();
    },
  };
}

async function temporaryFolder(): Promise<{ folder: string } & AsyncDisposable> {
  const parent = mkdtempSync(join(tmpdir(), "neurallog-archive-"));
  chmodSync(parent, 0o711);
  return {
    folder: join(parent, "pod"),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}

const isReady = (pod: Pod) => () => pod.log().includes("ready to accept connections");

describe("the pod's command", () => {
  it("makes the database and its users, lets each in by its password, and nobody else", async () => {
    const objects = await build();
    await using place = await temporaryFolder();
    await using pod = await startPod(objects, place.folder);
    await expect.poll(isReady(pod)).toBe(true);
    for (const user of ["owner", "writer", "reader"]) {
      const client = await pod.connect(`neurallog_${user}`, `password of ${user}`);
      const { rows } = await client.query("SHOW password_encryption");
      expect(rows).toEqual([{ password_encryption: "scram-sha-256" }]);
      await client.end();
    }
    await expect(pod.connect("neurallog_reader", "password of owner")).rejects.toThrow(/password/);
    await expect(pod.connect("postgres", "")).rejects.toThrow(/no pg_hba\.conf entry/);
    // Neither who started it nor what they were given stands in what it says.
    expect(pod.log()).not.toContain("password of");
  });

  it("takes the record's sizes", async () => {
    const plan = planOf(homeRecord);
    const objects = await buildPlan(plan);
    await using place = await temporaryFolder();
    await using pod = await startPod(objects, place.folder);
    await expect.poll(isReady(pod)).toBe(true);
    const client = await pod.connect("neurallog_reader", "password of reader");
    const { rows } = await client.query(
      "SELECT name, setting::bigint * CASE unit WHEN '8kB' THEN 8192 WHEN 'kB' THEN 1024 WHEN 'MB' THEN 1048576 ELSE 1 END AS value FROM pg_settings WHERE name IN ('shared_buffers', 'max_connections', 'max_wal_size')",
    );
    await client.end();
    if (plan.archive?.database.mode !== "own") throw new Error("no PostgreSQL of its own");
    const { sizes } = plan.archive.database;
    const near = (name: string): number => Number(rows.find((row) => row.name === name)?.value);
    expect(near("max_connections")).toBe(sizes.connections);
    expect(near("shared_buffers")).toBeCloseTo(sizes.sharedBuffersBytes, -5);
    expect(near("max_wal_size")).toBeCloseTo(sizes.walBytes, -7);
  });

  it("begins anew where its first start was killed half-way", async () => {
    const objects = await build();
    await using place = await temporaryFolder();
    mkdirSync(`${place.folder}/var/lib/postgresql/18/archive.new`, { recursive: true });
    writeFileSync(`${place.folder}/var/lib/postgresql/18/archive.new/PG_VERSION`, "18\n");
    const account = accountForServer();
    for (const each of ["", "/PG_VERSION"]) {
      const path = `${place.folder}/var/lib/postgresql/18/archive.new${each}`;
      if (account !== undefined) chownSync(path, account.uid, account.gid);
    }
    await using pod = await startPod(objects, place.folder);
    await expect.poll(isReady(pod)).toBe(true);
  });

  it("says which password is missing, and leaves nothing that looks like a database", async () => {
    const objects = await build();
    await using place = await temporaryFolder();
    mkdirSync(`${place.folder}/etc/archive-passwords`, { recursive: true });
    writeFileSync(`${place.folder}/etc/archive-passwords/writer`, "");
    await using pod = await startPod(objects, place.folder);
    await expect.poll(() => pod.child.exitCode).toBe(1);
    expect(pod.log()).toMatch(/there is no password in \S+\/writer/);
    expect(existsSync(`${place.folder}/var/lib/postgresql/18/archive`)).toBe(false);
  });
});
