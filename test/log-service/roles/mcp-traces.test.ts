import { Writable } from "node:stream";

import { afterAll, beforeAll, expect, test } from "vitest";

import { readMcpConfig } from "../../../apps/log-service/src/config/mcp.ts";
import { createLogger } from "../../../apps/log-service/src/observe/logger.ts";
import { startMcp } from "../../../apps/log-service/src/roles/mcp.ts";
import type { RunningRole } from "../../../apps/log-service/src/roles/serve.ts";
import { startTestService, type TestService } from "../http/support.ts";

/** The MCP endpoint as a relay to its log service: what becomes of a request's trace on the way. */

let service: TestService;
let endpoint: RunningRole;
beforeAll(async () => {
  service = await startTestService({ env: { NEURALLOG_SLOW_QUERY_MS: "0" } });
  const config = readMcpConfig({
    NEURALLOG_URL: service.url,
    NEURALLOG_PORT: "0",
    NEURALLOG_OPS_PORT: "0",
    NEURALLOG_KEY: service.key("admin"),
  });
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
  endpoint = await startMcp(config, createLogger("fatal", {}, quiet));
});
afterAll(async () => {
  await endpoint?.stop();
  await service?.stop();
});

async function call(name: string, given: object, headers: object = {}, meta: object = {}) {
  const answer = await fetch(`http://127.0.0.1:${endpoint.port}/mcp`, {
    method: "POST",
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name, arguments: given, _meta: meta },
    }),
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      ...headers,
    },
  });
  return { trace: answer.headers.get("x-trace-id"), text: await answer.text() };
}

/** The traces of the questions that the log service was asked since then. */
function asked(before: string): unknown[] {
  return service
    .log()
    .slice(before.length)
    .split("\n")
    .filter((line) => line.includes("A slow question"))
    .map((line) => JSON.parse(line).trace_id);
}

const stored = async (message: string) =>
  (await service.client("reader").search({ text: message })).records.map(
    ({ trace_id }) => trace_id,
  );
const logged = (message: string) => ({ component: "shop", level: "INFO", message });

test("gives a request without a trace a UUID, answers it, and the log service logs the same", async () => {
  const before = service.log();
  const { trace, text } = await call("neurallog.search", {});
  expect(text).toContain('"result"');
  expect(trace).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  expect(asked(before)).toEqual([trace]);
});

test("the UUID that it gave a request lands on no record: whoever logs named none", async () => {
  const { trace } = await call("logger_log", logged("without a trace"));
  expect([trace?.length, await stored("without a trace")]).toEqual([32, [undefined]]);
});

test("passes on the trace that a client names, which its records get", async () => {
  const before = service.log();
  const headers = { "x-trace-id": "order-7" };
  expect((await call("neurallog.search", {}, headers)).trace).toBe("order-7");
  expect(asked(before)).toEqual(["order-7"]);
  await call("logger_log", logged("with a trace"), headers);
  expect(await stored("with a trace")).toEqual(["order-7"]);
});

test("passes on the trace of a call's own _meta", async () => {
  const before = service.log();
  const id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const meta = { traceparent: `00-${id}-00f067aa0ba902b7-01` };
  await call("neurallog.search", {}, {}, meta);
  expect(asked(before)).toEqual([id]);
  await call("logger_log", logged("traced by meta"), {}, meta);
  expect(await stored("traced by meta")).toEqual([id]);
});
