import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { NeuralLogClient, readManifest } from "@neurallog/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createRedisStore } from "../../apps/log-service/src/store/redis/redis-store.ts";
import { startSite, type Site } from "../log-service/archive/postgres/site.ts";
import { prepareArchive, type ArchiveSetup } from "../log-service/roles/archive-support.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { redisUsers, startService, type TestService } from "../support/service.ts";
import { run } from "./run.ts";

const COUNT = 12_000;
const DAY = 86_400_000;

let redis: TestRedis;
let site: Site;
let archive: ArchiveSetup;
let service: TestService;
let folder: string;

beforeEach(async () => {
  [redis, site] = await Promise.all([startRedis({ users: redisUsers }), startSite()]);
  archive = await prepareArchive(site);
  service = await startService({ redisUrl: redis.url, env: archive.env });
  folder = mkdtempSync(join(tmpdir(), "neurallog-export-"));
});
afterEach(async () => {
  await service?.stop();
  await archive?.[Symbol.asyncDispose]();
  await Promise.all([redis?.stop(), site?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const client = () => new NeuralLogClient({ url: service.url, key: service.keys.admin });

async function write(count: number): Promise<void> {
  for (let at = 0; at < count; at += 2_000) {
    await client().write(
      Array.from({ length: Math.min(2_000, count - at) }, (_, n) => ({
        message: `n${at + n} ${randomBytes(100).toString("base64")}`,
      })),
    );
  }
}

async function archivedCount(): Promise<number> {
  const [row] = await site.postgres.query("SELECT count(*) AS records FROM neurallog.logs", {
    database: archive.addresses.database,
  });
  return Number(row?.["records"]);
}

/** A new archive has no tables for a moment. */
async function archiveAnswers(): Promise<void> {
  await expect.poll(async () => (await client().search()).warnings).toBeUndefined();
}

async function allArchived(count: number): Promise<void> {
  await expect.poll(archivedCount).toBeGreaterThanOrEqual(count);
}

/** The hot store lets go of all that it has. */
async function dropHot(): Promise<void> {
  const password = readFileSync(join(service.folder, "redis-password"), "utf8");
  const store = createRedisStore({ url: redis.url, username: "app", password });
  try {
    await expect.poll(async () => (await store.health()).ready).toBe(true);
    // A lane that the service merges at the moment is left for the next time.
    await expect
      .poll(async () => {
        await store.retain({ ageMs: 0 }, Date.now() + DAY);
        return (await store.snapshot(["default"])).blocks.length;
      })
      .toBe(0);
  } finally {
    await store.close();
  }
}

/** Exports everything; `during` happens once, when the first records are on their way. */
async function exportAll(during: () => Promise<void>) {
  let isDone = false;
  let failure: unknown;
  const proxy: Server = createServer((request, response) => {
    void (async () => {
      const { authorization = "" } = request.headers;
      const answer = await fetch(`${service.url}${request.url}`, { headers: { authorization } });
      response.writeHead(answer.status, {
        "content-type": answer.headers.get("content-type") ?? "",
        "retry-after": answer.headers.get("retry-after") ?? "1",
      });
      const isExport = request.url?.startsWith("/api/logs/export") === true;
      for await (const chunk of answer.body ?? []) {
        response.write(chunk);
        if (!isExport || isDone) continue;
        isDone = true;
        await during().catch((error: unknown) => (failure = error));
      }
      response.end();
    })().catch(() => response.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const port = typeof address === "object" ? address?.port : 0;
  try {
    const settings = { url: `http://127.0.0.1:${port}`, key: service.keys.admin };
    const ended = await run(["export", "--all", "--output", join(folder, "all.ndjson")], settings);
    expect([isDone, failure]).toEqual([true, undefined]);
    return ended;
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

describe("neurallog export --all of a tenant with an archive", () => {
  it("has every record once, though all move, leave the hot store, and the database is killed meanwhile", async () => {
    await archiveAnswers();
    await write(COUNT);
    const { exit, err } = await exportAll(async () => {
      await allArchived(COUNT);
      await dropHot();
      await site.postgres.kill();
      await site.postgres.restart();
    });
    expect([exit, err]).toEqual([0, expect.stringContaining("as many as the service holds")]);
    const lines = readFileSync(join(folder, "all.ndjson"), "utf8").trimEnd().split("\n");
    const records = lines.map((line): { id: string; message: string } => JSON.parse(line));
    const numbers = records.map(({ message }) => Number.parseInt(message.slice(1), 10));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, n) => n));
    expect(new Set(records.map(({ id }) => id)).size).toBe(COUNT);
    const manifest = readManifest(readFileSync(join(folder, "all.ndjson.manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ records: COUNT });
  });

  it("is no export where a day of the archive is dropped meanwhile, and says so", async () => {
    await write(COUNT);
    await allArchived(COUNT);
    await dropHot();
    const { database } = archive.addresses;
    const [row] = await site.postgres.query(
      "SELECT DISTINCT tableoid::regclass::text AS day FROM neurallog.logs",
      { database },
    );
    const { exit, err } = await exportAll(async () => {
      await site.postgres.query(`DROP TABLE ${String(row?.["day"])}`, { database });
    });
    expect([exit, err]).toEqual([4, expect.stringContaining("records came or went meanwhile")]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
