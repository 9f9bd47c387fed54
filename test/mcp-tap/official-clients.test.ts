import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  connectHttp,
  connectSocket,
  connectStdio,
  GENERATIONS,
  type TestMcpClient,
} from "../log-service/mcp/support.ts";
import { bareEnvironment } from "../support/environment.ts";
import { freePort } from "../support/port.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { redisUsers, startService, type TestService } from "../support/service.ts";
import { startSink } from "./support/sink.ts";
import { startTapOn } from "./support/tap.ts";

const tapMain = fileURLToPath(new URL("../../apps/mcp-tap/src/main.ts", import.meta.url));
const logMain = fileURLToPath(new URL("../../apps/log-service/src/main.ts", import.meta.url));

let redis: TestRedis;
let service: TestService;
let socketUrl: string;
beforeAll(async () => {
  redis = await startRedis({ users: redisUsers });
  const port = await freePort();
  socketUrl = `ws://127.0.0.1:${port}`;
  service = await startService({
    redisUrl: redis.url,
    env: { NEURALLOG_MCP_WS_PORT: String(port) },
  });
});
afterAll(async () => {
  await service?.stop();
  await redis?.stop();
});

/** A session as any: what there is, and a call of it. */
async function use(client: TestMcpClient): Promise<string[]> {
  await using session = client;
  const { isError } = await session.call("neurallog.namespaces");
  expect(isError).toBe(false);
  return (await session.tools()).map(({ name }) => String(name));
}

describe.each(GENERATIONS)("an official client of %s behind the tap", (generation) => {
  test("works over Streamable HTTP as without it, and is recorded", async () => {
    await using sink = await startSink();
    const direct = await use(
      await connectHttp(generation, `${service.url}/mcp`, service.keys.reader),
    );
    const tap = await startTapOn(`${service.url}/mcp`, [], { NEURALLOG_URL: sink.url });
    expect(await use(await connectHttp(generation, tap.url, service.keys.reader))).toEqual(direct);
    await expect.poll(() => calls(sink.records)).toEqual(["request", "response"]);
  });

  test("works over a WebSocket as without it, and is recorded", async () => {
    await using sink = await startSink();
    const direct = await use(await connectSocket(generation, socketUrl, service.keys.reader));
    const tap = await startTapOn(socketUrl, [], { NEURALLOG_URL: sink.url });
    const url = tap.url.replace(/\/$/, "");
    expect(await use(await connectSocket(generation, url, service.keys.reader))).toEqual(direct);
    await expect.poll(() => calls(sink.records)).toEqual(["request", "response"]);
  });

  test("works over stdio as without it, and is recorded", async () => {
    await using sink = await startSink();
    const env = {
      ...bareEnvironment,
      NEURALLOG_URL: service.url,
      NEURALLOG_KEY: service.keys.reader,
    };
    const server = [logMain, "mcp", "--stdio"];
    const direct = await use(await connectStdio(generation, server, env));
    const args = [tapMain, "--url", sink.url, "--", process.execPath, ...server];
    expect(await use(await connectStdio(generation, args, env))).toEqual(direct);
    await expect.poll(() => calls(sink.records)).toEqual(["request", "response"]);
  });
});

/** The kinds of the messages of the one call. */
function calls(records: readonly { readonly metadata?: object }[]): unknown[] {
  return records
    .map(({ metadata }): Record<string, unknown> => ({ ...metadata }))
    .filter(({ tool }) => tool === "neurallog.namespaces")
    .map(({ kind }) => kind);
}
