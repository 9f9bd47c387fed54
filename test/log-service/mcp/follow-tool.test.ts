import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { startMcp } from "../../../apps/log-service/src/roles/mcp.ts";
import { MemoryArchive } from "../../../apps/log-service/src/archive/memory/memory-archive.ts";
import { readMcpConfig } from "../../../apps/log-service/src/config/mcp.ts";
import { createLogger } from "../../../apps/log-service/src/observe/logger.ts";
import type { RunningRole } from "../../../apps/log-service/src/roles/serve.ts";
import { startTestService, type TestService } from "../http/support.ts";
import { connectHttp, connectSocket, type TestMcpClient } from "./support.ts";

let service: TestService;
let endpoint: RunningRole;
beforeAll(async () => {
  service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: "0" } });
  const config = readMcpConfig({
    NEURALLOG_URL: service.url,
    NEURALLOG_PORT: "0",
    NEURALLOG_OPS_PORT: "",
    NEURALLOG_MCP_WS_PORT: "0",
  });
  endpoint = await startMcp(config, createLogger("silent", {}));
});
afterAll(async () => {
  await endpoint.stop();
  await service.stop();
});

const followed = z.object({
  records: z.array(z.looseObject({ message: z.string() })),
  position: z.string(),
  truncated: z.boolean(),
});

/** Both implementations of what the tools stand on. */
const WAYS: readonly (readonly [string, (key: string) => Promise<TestMcpClient>])[] = [
  ["the log service", (key) => connectSocket("2026-07-28", service.socketUrl, service.key(key))],
  [
    "an endpoint before it",
    (key) =>
      connectSocket("2025-11-25", `ws://127.0.0.1:${endpoint.mcpSocketPort}`, service.key(key)),
  ],
  [
    "an endpoint over HTTP",
    (key) => connectHttp("2026-07-28", `http://127.0.0.1:${endpoint.port}/mcp`, service.key(key)),
  ],
];

describe.each(WAYS)("following by %s", (way, connect) => {
  const namespace = way.replaceAll(/[^a-z]+/gi, "-").toLowerCase();
  const write = (message: string) => service.client("admin").write({ message, namespace });
  const follow = async (client: TestMcpClient, input: object) => {
    const { output } = await client.call("neurallog.follow", { namespace, ...input });
    return followed.parse(output);
  };

  test("what came between two calls comes with the next, each record once and in order", async () => {
    await using client = await connect("admin");
    await write("before");
    let { position, records } = await follow(client, { wait_seconds: 0.2 });
    expect(records).toEqual([]);
    for (let n = 0; n < 25; n += 1) await write(`record ${n}`);
    const seen: string[] = [];
    while (seen.length < 25) {
      const page = await follow(client, { after: position, limit: 10 });
      expect(page.records.length).toBeLessThanOrEqual(10);
      seen.push(...page.records.map(({ message }) => message));
      ({ position } = page);
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `record ${n}`));
    ({ records } = await follow(client, { after: position, wait_seconds: 0 }));
    expect(records).toEqual([]);
  });

  test("waits for a record that comes while it waits, and only for what matches", async () => {
    await using client = await connect("admin");
    const { position } = await follow(client, { wait_seconds: 0 });
    const waiting = follow(client, { after: position, q: "wanted", wait_seconds: 30 });
    await write("another");
    await write("the wanted one");
    expect((await waiting).records).toMatchObject([{ message: "the wanted one" }]);
  });

  test("attack: a writer follows nothing", async () => {
    await using client = await connect("writer");
    const answer = await client.call("neurallog.follow", { wait_seconds: 0 });
    expect(answer).toMatchObject({ isError: true });
    expect(answer.text).toContain("NL_FORBIDDEN_ROLE");
  });
});

test("facets have the commonest values of several fields", async () => {
  await using client = await connectSocket("2026-07-28", service.socketUrl, service.key("admin"));
  await service.client("admin").write([
    { message: "m", source: "a", namespace: "facets", metadata: { region: "eu" } },
    { message: "m", source: "a", namespace: "facets", metadata: { region: "us" } },
  ]);
  const about = { namespace: "facets", fields: ["source", "metadata.region"] };
  const { output, text } = await client.call("neurallog.facets", about);
  expect(output).toMatchObject({
    count: 2,
    facets: [
      { field: "source", values: [{ value: "a", count: 2 }], more: false },
      { field: "metadata.region", values: [{ count: 1 }, { count: 1 }] },
    ],
  });
  expect(text).toContain("2 a");
});

describe("an endpoint's WebSocket", () => {
  const url = () => `ws://127.0.0.1:${endpoint.mcpSocketPort}`;

  test("attack: a key that the log service does not know is refused at the upgrade", async () => {
    await expect(connectSocket("2026-07-28", url(), "nlk_wrong")).rejects.toThrow(/socket failed/);
  });

  test("carries what components ask through to the log service", async () => {
    await using client = await connectSocket("2026-07-28", url(), service.key("admin"));
    const call = async (tool: string, input: object) => {
      const { output, isError, text } = await client.call(tool, { ...input });
      expect([tool, isError, text]).toEqual([tool, false, text]);
      return output;
    };
    await call("logger_log", {
      component: "far",
      level: "WARN",
      message: "from afar",
      data: { n: 1 },
    });
    expect(await call("logger_query", { component: "far", data: { n: 1 } })).toMatchObject({
      logs: [{ message: "from afar" }],
    });
    expect(await call("dewey_get_log_stats", {})).toMatchObject({ total: expect.any(Number) });
    expect(await call("logger_set_level", { component: "far", level: "DEBUG" })).toMatchObject({
      level: "DEBUG",
    });
    const before_time = new Date(Date.now() + 60_000).toISOString();
    const cleared = await call("logger_clear", {
      component: "far",
      before_time,
      namespace: "default",
    });
    expect(cleared).toMatchObject({ cleared: 1 });
    const off = await client.call("dewey_store_logs_batch", {
      logs: [{ component: "far", level: "INFO", message: "m" }],
    });
    expect(off.text).toContain("NL_ARCHIVE_OFF");
  });

  test("answers levels to programs that know no other port", async () => {
    for (const base of [service.socketUrl, url()]) {
      const headers = { authorization: `Bearer ${service.key("writer")}` };
      const address = `${base.replace("ws:", "http:")}/api/levels`;
      const first = await fetch(address, { headers });
      expect([first.status, await first.json()]).toMatchObject([
        200,
        { levels: expect.any(Array) },
      ]);
      const etag = first.headers.get("etag") ?? "";
      const again = await fetch(address, { headers: { ...headers, "if-none-match": etag } });
      expect(again.status).toBe(304);
      expect((await fetch(address)).status).toBe(401);
    }
  });
});

test("a batch stored directly is found by a search and not followed, as both tools say", async () => {
  const archive = new MemoryArchive();
  const own = await startTestService({ archive, env: { NEURALLOG_MCP_WS_PORT: "0" } });
  try {
    await using client = await connectSocket("2026-07-28", own.socketUrl, own.key("admin"));
    const { output: start } = await client.call("neurallog.follow", { wait_seconds: 0 });
    const entry = { level: "INFO", component: "web", message: "direct" };
    const created_at = new Date().toISOString();
    const stored = await client.call("dewey_store_logs_batch", {
      logs: [{ ...entry, created_at }],
    });
    expect(stored.text).toContain("following does not");
    await own.client("writer").write({ message: "hot" });
    const { position: after } = followed.parse(start);
    const { output } = await client.call("neurallog.follow", { after });
    expect(followed.parse(output).records.map(({ message }) => message)).toEqual(["hot"]);
    const { count } = await own.client("reader").count();
    expect(count).toBe(2);
  } finally {
    await own.stop();
  }
});
