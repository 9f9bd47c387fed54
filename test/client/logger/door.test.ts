import { expect, test } from "vitest";

import { startTestService } from "../../log-service/http/support.ts";
import { freePort } from "../../support/port.ts";
import { startLogger } from "./support.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

test("the log service's own WebSocket door takes what is logged, and its levels are followed there", async () => {
  const port = await freePort();
  await using service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: String(port) } });
  await using started = startLogger({
    url: `ws://127.0.0.1:${port}`,
    key: service.key("writer"),
    component: "relay",
    levelsUrl: undefined,
  });
  const { logger } = started;
  for (let at = 0; at < 500; at++) logger.info(`record ${at}`, { at, api_key: "x" });
  logger.fatal("last", { trace_id: TRACE, span_id: "b7ad6b7169203331" });
  logger.warn("other", { trace_id: "order-42" });
  await expect.poll(() => logger.stats()).toMatchObject({ sent: 502, queued: 0, rejected: 0 });
  const reader = service.client("reader");
  expect((await reader.count({ q: "source:relay level:INFO" })).count).toBe(500);
  const { records } = await reader.search({ level: "WARN" });
  expect(records).toMatchObject([
    { message: "other", metadata: { trace_id: "order-42" } },
    { level: "FATAL", message: "last", trace_id: TRACE, span_id: "b7ad6b7169203331" },
  ]);
  await service.client("admin").admin.setLevel({ source: "relay", level: "DEBUG", namespace: "*" });
  await expect.poll(() => logger.stats().level).toBe("debug");
});

test("a record that waited for the WebSocket door keeps the time at which it was logged", async () => {
  const port = await freePort();
  let key: string | undefined;
  await using started = startLogger({
    url: `ws://127.0.0.1:${port}`,
    key: () => key,
    component: "relay",
  });
  const before = Date.now();
  started.logger.info("early");
  const after = Date.now();
  await expect.poll(() => started.errors.length).toBeGreaterThan(0);
  await using service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: String(port) } });
  key = service.key("writer");
  await expect.poll(() => started.logger.stats()).toMatchObject({ sent: 1, queued: 0 });
  const { records } = await service.client("reader").search();
  const at = Date.parse(records[0]?.timestamp ?? "");
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(after);
});
