import { createServer } from "node:http";

import { expect, it } from "vitest";

import { run } from "./run.ts";

const STORE = {
  ready: true,
  code: null,
  durability: "always",
  records: 20,
  bytes: 2_000,
  merge: { records: 0, blocks: 0 },
  tombstones: 0,
  dropped: [],
  queue: { records: 0 },
  commits: { retried: 0, failed: 0 },
  servers: [],
};
const STATS = {
  tenant: "acme",
  version: "1",
  uptime_seconds: 5,
  namespaces: [],
  store: STORE,
  followers: { followers: 0, filters: 0, events: 0, dropped: 0 },
  process: {
    event_loop_delay_ms: { p50: 1, p99: 2, max: 3 },
    memory: { rss: 1, heap_used: 1, external: 1 },
  },
};

/** What `neurallog stats` prints of an archive. */
async function printed(archive: unknown): Promise<string[]> {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ ...STATS, archive }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { exit, out } = await run(["stats"], { url: `http://127.0.0.1:${port}`, key: "k" });
    expect(exit).toBe(0);
    return out.split("\n").filter((line) => line.startsWith("archive"));
  } finally {
    server.close();
  }
}

it("neurallog stats says what waits for the archive, and what it will never have", async () => {
  const moving = {
    records: 100_000,
    batches: 13,
    quarantined: 2,
    skipped: { overflow: 50_000, retention: 0, damaged: 1 },
    cleared: 0,
    expired: 0,
    troubles: [
      { kind: "kept", reason: "A day is kept" },
      { kind: "format", reason: null },
    ],
    last: "2026-01-01T00:00:00.000Z",
    backlog: { records: 5, bytes: 600, oldest: "2026-01-01T00:00:00.000Z" },
  };
  expect(await printed({ state: "away", moving })).toEqual([
    "archive    away, 5 records in 600 B wait, 100,000 records moved, last at 2026-01-01T00:00:00.000Z, 2 put aside",
    "archive    50,000 records passed over: overflow",
    "archive    1 record passed over: damaged",
    "archive    kept: A day is kept",
    "archive    format: for admins to see",
  ]);
});

it("neurallog stats says that another process fills the archive, and nothing where there is none", async () => {
  expect(await printed({ state: "elsewhere", moving: null })).toEqual([
    "archive    another process moves records there",
  ]);
  expect(await printed(null)).toEqual([]);
  expect(await printed(undefined)).toEqual([]);
});
