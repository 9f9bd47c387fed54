import { Writable } from "node:stream";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readMcpConfig } from "../../../apps/log-service/src/config/mcp.ts";
import { createLogger } from "../../../apps/log-service/src/observe/logger.ts";
import { startMcp } from "../../../apps/log-service/src/roles/mcp.ts";
import { ask, startTestService, type TestService } from "../http/support.ts";
import { connectHttp, GENERATIONS } from "../mcp/support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "endpoint", role: "admin", namespaces: ["web"] },
      { name: "caller", role: "reader" },
      { name: "writer", role: "writer" },
    ],
  });
  await service.client("writer").write([
    { message: "of web", namespace: "web" },
    { message: "of payments", namespace: "payments" },
  ]);
});
afterAll(() => service.stop());

async function startEndpoint(key: string | undefined) {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const config = readMcpConfig({
    NEURALLOG_URL: service.url,
    NEURALLOG_PORT: "0",
    NEURALLOG_OPS_PORT: "0",
    ...(key === undefined ? {} : { NEURALLOG_KEY: key }),
  });
  const role = await startMcp(config, createLogger("debug", {}, sink));
  return {
    url: `http://127.0.0.1:${role.port}/mcp`,
    base: `http://127.0.0.1:${role.port}`,
    opsUrl: `http://127.0.0.1:${role.opsPort}`,
    log: () => lines.join(""),
    [Symbol.asyncDispose]: () => role.stop(),
  };
}

describe.each(GENERATIONS)("the MCP endpoint, asked by a client of %s", (generation) => {
  test("acts by its own key for a caller without one", async () => {
    await using endpoint = await startEndpoint(service.key("endpoint"));
    await using client = await connectHttp(generation, endpoint.url, undefined);
    const answer = await client.call("neurallog.search");
    expect(answer.output["records"]).toMatchObject([{ message: "of web" }]);
    expect((await client.call("neurallog.search", { namespace: "payments" })).text).toContain(
      "NL_FORBIDDEN_NAMESPACE",
    );
  });

  test("acts by the caller's key, and nothing else, where there is one", async () => {
    await using endpoint = await startEndpoint(service.key("endpoint"));
    await using client = await connectHttp(generation, endpoint.url, service.key("caller"));
    const answer = await client.call("neurallog.search", { order: "asc" });
    expect(answer.output["records"]).toMatchObject([
      { message: "of web" },
      { message: "of payments" },
    ]);
    const written = await client.call("neurallog.log", { records: [{ message: "a" }] });
    expect(written.text).toContain("NL_FORBIDDEN_ROLE");
  });

  test("attack: a wrong key is not replaced by the endpoint's own", async () => {
    await using endpoint = await startEndpoint(service.key("endpoint"));
    await expect(connectHttp(generation, endpoint.url, "nlk_wrong")).rejects.toThrow(
      /NL_UNAUTHENTICATED|HTTP 401/,
    );
  });

  test("attack: without a key of its own it takes no caller without one", async () => {
    await using endpoint = await startEndpoint(undefined);
    await expect(connectHttp(generation, endpoint.url, undefined)).rejects.toThrow(
      /NL_UNAUTHENTICATED|HTTP 401/,
    );
  });
});

test("attack: an Authorization header that cannot be read does not fall back to the endpoint's key", async () => {
  await using endpoint = await startEndpoint(service.key("endpoint"));
  for (const authorization of ["Basic YTo=", "Digest x", "Bearer", `Bearer ${"x".repeat(9_000)}`]) {
    const answer = await ask(endpoint.url, {
      method: "POST",
      body: "{}",
      headers: { authorization, "content-type": "application/json" },
    });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "NL_UNAUTHENTICATED" } } });
  }
});

test("the endpoint has MCP and health, and nothing of the log service's own routes", async () => {
  await using endpoint = await startEndpoint(service.key("endpoint"));
  expect(await ask(`${endpoint.base}/health/live`)).toMatchObject({ status: 200 });
  expect(await ask(`${endpoint.opsUrl}/health/ready`)).toMatchObject({ status: 200 });
  expect(await ask(`${endpoint.opsUrl}/metrics`)).toMatchObject({ status: 200 });
  expect(await ask(`${endpoint.base}/api/logs`)).toMatchObject({ status: 404 });
  expect(endpoint.log()).toContain("listens");
  expect(endpoint.log()).not.toContain(service.key("endpoint"));
});
