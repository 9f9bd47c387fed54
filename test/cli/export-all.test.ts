import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NeuralLogClient, readManifest, type ExportManifest } from "@neurallog/client";
import { difference } from "../../apps/cli/src/commands/export-all.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { redisUsers, startService, type TestService } from "../support/service.ts";
import { run, type Settings } from "./run.ts";

let redis: TestRedis;
let service: TestService;
let folder: string;

beforeAll(async () => {
  redis = await startRedis({ users: redisUsers });
  service = await startService({ redisUrl: redis.url });
  const client = new NeuralLogClient({ url: service.url, key: service.keys.admin });
  const records = (namespace: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({ message: `${namespace} ${at}`, namespace }));
  await client.write(records("payments", 2_500));
  await client.write(records("web", 30));
  // What administrators do is written down, in a namespace that an ordinary export leaves out.
  await client.admin.clear({ namespace: "web", q: "nothing-has-this-word" });
});
afterAll(async () => {
  await service?.stop();
  await redis?.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-export-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const as = (role: "writer" | "reader" | "admin"): Settings => ({
  url: service.url,
  key: service.keys[role],
});
const exportTo = (name: string, settings: Settings = as("admin")) =>
  run(["export", "--all", "--output", join(folder, name)], settings);
const manifest = (name: string): ExportManifest => {
  const found = readManifest(readFileSync(join(folder, `${name}.manifest.json`), "utf8"));
  if (typeof found === "string") throw new Error(found);
  return found;
};

const unpack = {
  "a.ndjson": (bytes: Buffer) => bytes,
  "a.ndjson.gz": gunzipSync,
  "a.ndjson.zst": zstdDecompressSync,
};

describe("neurallog export --all", () => {
  it.each(Object.entries(unpack))(
    "writes everything into %s, with a manifest",
    async (name, read) => {
      const { exit, err } = await exportTo(name);
      expect([exit, err]).toEqual([0, expect.stringContaining("as many as the service holds")]);
      const bytes = readFileSync(join(folder, name));
      const lines = read(bytes).toString().trimEnd().split("\n");
      const found: { id: string; namespace: string }[] = lines.map((line) => JSON.parse(line));
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
      const said = manifest(name);
      expect(said).toMatchObject({ tenant: "acme", file: name, bytes: bytes.length, format: 1 });
      expect(said.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(said.records).toBe(found.length);
      const counts = Map.groupBy(found, ({ namespace }) => namespace);
      expect(said.namespaces.map(({ name, records }) => [name, records])).toEqual(
        said.namespaces.map(({ name }) => [name, counts.get(name)?.length ?? 0]),
      );
      expect(said.namespaces).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: "payments", records: 2_500 }),
          expect.objectContaining({ name: "web", records: 30 }),
        ]),
      );
    },
  );

  it("prints a line that sha256sum checks, and lets nobody else read the logs", async () => {
    const { out } = await exportTo("a.gz");
    const said = execFileSync("sha256sum", ["--check"], { input: out, encoding: "utf8" });
    expect(said).toContain("OK");
    expect(statSync(join(folder, "a.gz")).mode & 0o077).toBe(0);
    expect(statSync(join(folder, "a.gz.manifest.json")).mode & 0o077).toBe(0);
  });

  it("has what administrators did, which an ordinary export leaves out", async () => {
    await exportTo("a");
    expect(manifest("a").namespaces.map(({ name }) => name)).toContain("audit");
  });

  it.each(["reader", "writer"] as const)(
    "refuses a key of a %s: it would not be everything",
    async (role) => {
      const { exit } = await exportTo("a", as(role));
      expect([exit, readdirSync(folder)]).toEqual([4, []]);
    },
  );

  it("overwrites nothing, not even a manifest", async () => {
    writeFileSync(join(folder, "a"), "mine");
    writeFileSync(join(folder, "b.manifest.json"), "mine");
    expect([(await exportTo("a")).exit, (await exportTo("b")).exit]).toEqual([2, 2]);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("mine");
    expect(readdirSync(folder)).toEqual(["a", "b.manifest.json"]);
  });

  it.each([
    [["--all"]],
    [["--output", "x"]],
    [["--all", "--output", "x", "--limit", "1"]],
    [["--all", "--output", "x", "--source", "web"]],
    [["--all", "--output", "x", "some", "words"]],
  ])("refuses %j: it is everything or nothing", async (args) => {
    expect((await run(["export", ...args], as("admin"))).exit).toBe(2);
  });

  it("says so where the folder is not there", async () => {
    const { exit, err } = await exportTo("nowhere/a");
    expect([exit, err]).toEqual([2, expect.stringContaining("cannot be written")]);
  });
});

describe("an export that is cut", () => {
  let proxy: Server;
  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  it("leaves neither a file nor a manifest", async () => {
    // It passes on questions, and a part of the export.
    proxy = createServer((request, response) => {
      void (async () => {
        const answer = await fetch(`${service.url}${request.url}`, {
          headers: { authorization: String(request.headers.authorization) },
        });
        const text = await answer.text();
        const isExport = request.url?.startsWith("/api/logs/export") === true;
        response.writeHead(isExport ? 400 : answer.status, { "content-type": "application/json" });
        response.end(isExport ? '{"error":{"code":"NL_X","message":"no"}}' : text);
      })();
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const address = proxy.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { exit } = await exportTo("a", { ...as("admin"), url: `http://127.0.0.1:${port}` });
    expect(exit).not.toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("what was written and what the service holds", () => {
  const holds = (...counts: [string, number][]) =>
    counts.map(([name, records]) => ({ name, records }));
  it.each([
    ["a record that came meanwhile", holds(["a", 2]), new Map([["a", 2]]), holds(["a", 3])],
    ["a record that was not written", holds(["a", 2]), new Map([["a", 1]]), holds(["a", 2])],
    ["a record that retention dropped", holds(["a", 2]), new Map([["a", 2]]), holds(["a", 1])],
    ["a namespace that came", holds(), new Map<string, number>(), holds(["a", 1])],
    ["a namespace that went", holds(["a", 1]), new Map([["a", 1]]), holds()],
  ])("differ by %s", (_, before, written, after) => {
    expect(difference(before, written, after)).toBeTypeOf("string");
  });

  it("are the same otherwise, empty namespaces among them", () => {
    const counts = holds(["a", 2], ["b", 0]);
    expect(
      difference(
        counts,
        new Map([
          ["a", 2],
          ["b", 0],
        ]),
        counts,
      ),
    ).toBeUndefined();
  });
});

describe("a manifest", () => {
  const good: ExportManifest = {
    format: 1,
    tenant: "acme",
    taken: "2027-01-30T10:00:00.000Z",
    service: { version: "0.1.0" },
    file: "acme.ndjson.gz",
    compression: "gzip",
    bytes: 10,
    sha256: "a".repeat(64),
    records: 3,
    namespaces: [
      { name: "a", records: 3, oldest: null, newest: null },
      { name: "b", records: 0, oldest: null, newest: null },
    ],
  };
  const changed = (more: object) => JSON.stringify({ ...good, ...more });

  it("is read as it was written", () => {
    expect(readManifest(JSON.stringify(good))).toEqual(good);
  });

  it.each([
    ["a sum that is not its namespaces'", { records: 4 }],
    ["a file elsewhere", { file: "../a" }],
    ["a hash that is none", { sha256: "x".repeat(64) }],
    ["a time that is none", { taken: "yesterday" }],
    ["a negative number", { bytes: -1 }],
    ["a namespace twice", { records: 6, namespaces: [good.namespaces[0], good.namespaces[0]] }],
    ["another format", { format: 2 }],
    ["no namespaces", { namespaces: undefined }],
  ])("with %s is refused", (_, more) => {
    expect(readManifest(changed(more))).toBeTypeOf("string");
  });

  it("that is anything at all never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readManifest(text)).toBeTypeOf("string");
      }),
    );
  });
});
