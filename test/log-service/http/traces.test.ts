import { connect } from "node:net";
import { once } from "node:events";

import { expect, test } from "vitest";

import { AUDIT_NAMESPACE } from "../../../apps/log-service/src/access/principal.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import { keepingStore } from "./keep.ts";
import { startTestService } from "./support.ts";

const id = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${id}-00f067aa0ba902b7-01`;
const json = { "content-type": "application/json" };

interface Entrance {
  readonly path: string;
  readonly type: string;
  /** Two records: one without a trace, and one of a trace of its own where the protocol has a word for it. */
  readonly body: string;
}

const otlpRecord = (traceId?: string) => ({
  timeUnixNano: "1767225600000000000",
  body: { stringValue: "m" },
  ...(traceId === undefined ? {} : { traceId }),
});
const lokiEntry = (labels?: object) => ["1767225600000000000", "m", ...(labels ? [labels] : [])];

const entrances: Readonly<Record<string, Entrance>> = {
  "a JSON array": {
    path: "/api/logs",
    type: "application/json",
    body: JSON.stringify([{ message: "m" }, { message: "m", trace_id: "own" }]),
  },
  "lines of JSON": {
    path: "/api/logs",
    type: "application/x-ndjson",
    body: '{"message":"m"}\n{"message":"m","trace_id":"own"}\n',
  },
  "objects with any fields": {
    path: "/api/ingest/json",
    type: "application/json",
    body: JSON.stringify([{ msg: "m" }, { msg: "m", trace_id: "own" }]),
  },
  "plain lines": {
    path: "/api/ingest/lines",
    type: "text/plain",
    body: '2026-01-01T00:00:00Z INFO m\n{"msg":"m","trace_id":"own"}\n',
  },
  OTLP: {
    path: "/v1/logs",
    type: "application/json",
    body: JSON.stringify({
      resourceLogs: [{ scopeLogs: [{ logRecords: [otlpRecord(), otlpRecord(id)] }] }],
    }),
  },
  "Elasticsearch's bulk": {
    path: "/_bulk",
    type: "application/x-ndjson",
    body: '{"create":{}}\n{"message":"m"}\n{"create":{}}\n{"message":"m","trace.id":"own"}\n',
  },
  "Loki's push": {
    path: "/loki/api/v1/push",
    type: "application/json",
    body: JSON.stringify({
      streams: [{ stream: { app: "a" }, values: [lokiEntry(), lokiEntry({ trace_id: "own" })] }],
    }),
  },
};

async function send({ path, type, body }: Entrance, headers: Record<string, string>) {
  const { store, kept } = keepingStore();
  await using service = await startTestService({ store });
  const answer = await service.call("writer", path, {
    method: "POST",
    body,
    headers: { "content-type": type, ...headers },
  });
  return { ...answer, traces: kept.map(({ trace_id }) => trace_id) };
}

for (const [name, entrance] of Object.entries(entrances)) {
  const own = name === "OTLP" ? id : "own";

  test(`${name}: X-Trace-ID is the trace of the records that name none, and comes back`, async () => {
    const { status, headers, traces } = await send(entrance, { "x-trace-id": "order-7" });
    expect(status).toBeLessThan(300);
    expect(traces).toEqual(["order-7", own]);
    expect(headers.get("x-trace-id")).toBe("order-7");
  });

  test(`${name}: a shipper's traceparent comes back, and lands on no record`, async () => {
    const { headers, traces } = await send(entrance, { traceparent });
    expect(traces).toEqual([undefined, own]);
    expect(headers.get("x-trace-id")).toBe(id);
  });

  test(`${name}: attack: an X-Trace-ID that is none loses no record`, async () => {
    const { status, headers, traces } = await send(entrance, { "x-trace-id": "x".repeat(129) });
    expect(status).toBeLessThan(300);
    expect(traces).toEqual([undefined, own]);
    expect(headers.has("x-trace-id")).toBe(false);
  });
}

test("GELF: X-Trace-ID is the trace of a message that names none", async () => {
  const body = '{"version":"1.1","host":"h","short_message":"m"}';
  const { traces } = await send(
    { path: "/gelf", type: "application/json", body },
    { "x-trace-id": "order-7" },
  );
  expect(traces).toEqual(["order-7"]);
});

test("X-Trace-ID reaches each record of a batch that is large enough for columns", async () => {
  const many = Array.from({ length: 3_000 }, (_, at) => ({ message: `record ${at}` }));
  const { traces } = await send(
    { path: "/api/logs", type: "application/json", body: JSON.stringify(many) },
    { "x-trace-id": "order-7" },
  );
  expect([traces.length, new Set(traces)]).toEqual([3_000, new Set(["order-7"])]);
});

test("questions, errors and what is not there answer with the trace too", async () => {
  await using service = await startTestService();
  const headers = { "x-trace-id": "order-7" };
  for (const path of ["/api/logs", "/api/logs?limit=none", "/nowhere", "/health/live"]) {
    const answer = await service.call("reader", path, { headers });
    expect([path, answer.headers.get("x-trace-id")]).toEqual([path, "order-7"]);
  }
  const nobody = undefined;
  const unknown = await service.call(nobody, "/api/logs", { headers });
  expect([unknown.status, unknown.headers.get("x-trace-id")]).toEqual([401, "order-7"]);
});

test("a request without a trace is given none", async () => {
  await using service = await startTestService();
  expect((await service.call("reader", "/api/logs")).headers.has("x-trace-id")).toBe(false);
});

test("the log of a slow question has its trace", async () => {
  await using service = await startTestService({ env: { NEURALLOG_SLOW_QUERY_MS: "0" } });
  await service.call("reader", "/api/logs", { headers: { "x-trace-id": "order-7" } });
  await service.call("reader", "/api/logs");
  const slow = service
    .log()
    .split("\n")
    .filter((line) => line.includes("A slow question"))
    .map((line) => JSON.parse(line).trace_id);
  expect(slow).toEqual(["order-7", undefined]);
});

test("the log of a failure has its trace", async () => {
  const { store } = keepingStore();
  store.append = () => Promise.reject(new Error("out of order"));
  await using service = await startTestService({ store });
  await service.call("writer", "/api/logs", {
    method: "POST",
    body: '{"message":"m"}',
    headers: { ...json, traceparent },
  });
  expect(service.log()).toMatch(new RegExp(`"level":"error".*"trace_id":"${id}"`));
});

test("what an administrator does is written down with its trace", async () => {
  const store = createMemoryStore();
  await using service = await startTestService({ store });
  await service
    .client("admin")
    .admin.setLevel({ source: "shop", level: "WARN" }, { traceId: "t7" });
  const { records } = await service.client("admin").search({ namespace: AUDIT_NAMESPACE });
  expect(records).toMatchObject([{ trace_id: "t7", metadata: { action: "levels.set" } }]);
  expect(service.log()).toMatch(/"action":"levels.set".*"trace_id":"t7"/);
});

test("requests of one connection have each their own trace", async () => {
  const { store, kept } = keepingStore();
  await using service = await startTestService({ store });
  const socket = connect(service.port, "127.0.0.1");
  const body = '{"message":"m"}';
  const write = (trace: string) =>
    socket.write(
      `POST /api/logs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${service.key("writer")}\r\n` +
        `content-type: application/json\r\n${trace}content-length: ${body.length}\r\n\r\n${body}`,
    );
  for (const trace of ["x-trace-id: one\r\n", "", "x-trace-id: two\r\n"]) {
    write(trace);
    await once(socket, "data");
  }
  socket.destroy();
  expect(kept.map(({ trace_id }) => trace_id)).toEqual(["one", undefined, "two"]);
});

test.each([
  ["a line break", "x-trace-id: a\rset-cookie: b\r\n"],
  ["a control character", "x-trace-id: a\u0001b\r\n"],
  ["two headers", "x-trace-id: a\r\nx-trace-id: b\r\n"],
])("attack: %s in X-Trace-ID is sent back to nobody", async (_what, lines) => {
  await using service = await startTestService();
  const socket = connect(service.port, "127.0.0.1");
  socket.write(`GET /health/live HTTP/1.1\r\nhost: x\r\n${lines}connection: close\r\n\r\n`);
  let answer = "";
  socket.on("data", (text) => (answer += String(text)));
  await once(socket, "close");
  expect(answer).toMatch(/^HTTP\/1.1 (200|400) /);
  expect(answer.toLowerCase()).not.toMatch(/x-trace-id|set-cookie/);
});
