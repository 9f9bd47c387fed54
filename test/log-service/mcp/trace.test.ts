import { createServer, type IncomingHttpHeaders, type Server } from "node:http";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { RemoteLogApi } from "../../../apps/log-service/src/mcp/remote.ts";
import { traceOfMeta, traceOfRequest } from "../../../apps/log-service/src/mcp/trace.ts";
import { startTestService, type TestService } from "../http/support.ts";
import { keyedWebSocket } from "./support.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${ID}-00f067aa0ba902b7-01`;

describe("what an endpoint sends on to its log service", () => {
  let seen: IncomingHttpHeaders[] = [];
  let server: Server;
  let api: RemoteLogApi;
  beforeAll(async () => {
    server = createServer(({ headers }, response) => {
      seen.push(headers);
      response.setHeader("content-type", "application/json");
      response.end('{"namespaces":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    api = new RemoteLogApi(`http://127.0.0.1:${address.port}`, "nlk_test");
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const { signal } = new AbortController();
  const headersFor = async (trace?: ReturnType<typeof traceOfMeta>) => {
    seen = [];
    await api.namespaces({ signal, trace });
    return seen[0] ?? {};
  };

  test("is a call's own trace, as both headers", async () => {
    const headers = await headersFor(traceOfMeta({ traceparent: TRACEPARENT }));
    expect(headers).toMatchObject({ "x-trace-id": ID, traceparent: TRACEPARENT });
  });

  test("is the trace of its request, as it was named", async () => {
    const headers = await headersFor(traceOfRequest({ "x-trace-id": "order-7" }));
    expect(headers).toMatchObject({ "x-trace-id": "order-7" });
    expect(headers["traceparent"]).toBe(undefined);
  });

  test("is an id of its own for a call that has none, which never becomes a record's trace", async () => {
    const [one, two] = [await headersFor(), await headersFor()];
    expect(one["traceparent"]).toMatch(
      /^00-[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}-[0-9a-f]{16}-00$/,
    );
    expect(one["traceparent"]).not.toBe(two["traceparent"]);
    expect(one["x-trace-id"]).toBe(undefined);
  });
});

test.each([
  undefined,
  null,
  7,
  {},
  { traceparent: 7 },
  { traceparent: "" },
  { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` },
  { traceparent: `${TRACEPARENT}\r\nx-evil: 1` },
  { traceparent: TRACEPARENT.repeat(1_000) },
])("attack: a _meta of %j is no trace", (meta) => {
  expect(traceOfMeta(meta)).toBe(undefined);
});

describe("what a client writes without a trace id", () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: "0" } });
  });
  afterAll(() => service.stop());

  const call = (id: number, message: string, more: object = {}, meta?: object) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: {
      name: "logger_log",
      arguments: { component: "t", level: "INFO", message, ...more },
      ...(meta === undefined ? {} : { _meta: meta }),
    },
  });
  const traceOf = async (message: string) => {
    const { records } = await service.client("reader").search({ text: message });
    return records.map(({ trace_id }) => trace_id);
  };

  test("gets the upgrade's trace over a WebSocket, unless the call or the record has one", async () => {
    const Keyed = keyedWebSocket(service.key("admin"), { "x-trace-id": "session-1" });
    const socket = new Keyed(service.socketUrl);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    let answers = 0;
    socket.addEventListener("message", () => (answers += 1));
    socket.send(JSON.stringify(call(1, "of the connection")));
    socket.send(JSON.stringify(call(2, "of the call", {}, { traceparent: TRACEPARENT })));
    const own = "0af7651916cd43dd8448eb211c80319c";
    socket.send(JSON.stringify(call(3, "of its own", { trace_id: own })));
    await expect.poll(() => answers).toBe(3);
    expect(await traceOf("of the connection")).toEqual(["session-1"]);
    expect(await traceOf("of the call")).toEqual([ID]);
    expect(await traceOf("of its own")).toEqual([own]);
    socket.close();
  });

  test("does not get the traceparent of the upgrade: it is of no single record", async () => {
    const Keyed = keyedWebSocket(service.key("admin"), { traceparent: TRACEPARENT });
    const socket = new Keyed(service.socketUrl);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    let answers = 0;
    socket.addEventListener("message", () => (answers += 1));
    // The first is answered by the SDK, those after it past it.
    for (const n of [1, 2]) {
      socket.send(JSON.stringify(call(n, "after a traced upgrade")));
      await expect.poll(() => answers).toBe(n);
    }
    expect(await traceOf("after a traced upgrade")).toEqual([undefined, undefined]);
    socket.close();
  });

  test("gets the request's X-Trace-ID over HTTP, and none where there is none", async () => {
    const send = (message: string, headers: Readonly<Record<string, string>>) =>
      service.call("admin", "/mcp", {
        method: "POST",
        body: JSON.stringify(call(1, message)),
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2025-11-25",
          ...headers,
        },
      });
    await send("with a traceparent", { traceparent: TRACEPARENT });
    await send("with an id", { traceparent: TRACEPARENT, "x-trace-id": "order-7" });
    await send("with nothing", {});
    expect(await traceOf("with a traceparent")).toEqual([undefined]);
    expect(await traceOf("with an id")).toEqual(["order-7"]);
    expect(await traceOf("with nothing")).toEqual([undefined]);
  });
});
