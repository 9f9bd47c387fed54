import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import {
  google,
  opentelemetry,
} from "../../../../apps/log-service/src/ingest/otlp/generated/otlp.js";
import { INGEST_LIMITS } from "../../../../apps/log-service/src/limits.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { inScope, protobuf } from "../../ingest/otlp/support.ts";
import { keepingStore } from "../keep.ts";
import { startTestService, type TestService } from "../support.ts";

const { ExportLogsServiceResponse } = opentelemetry.proto.collector.logs.v1;
const { Status } = google.rpc;

const good = { body: { stringValue: "the neighbour" } };
const bad = { timeUnixNano: "soon" };
const json = { "content-type": "application/json" };
const binary = { "content-type": "application/x-protobuf" };

/** POSTs to /v1/logs; the reply's bytes as they are. */
async function send(
  service: TestService,
  body: Buffer | string | object,
  headers: Record<string, string>,
  key = "writer",
) {
  const plain = typeof body === "string" || Buffer.isBuffer(body);
  const response = await fetch(`${service.url}/v1/logs`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.key(key)}`, ...headers },
    body: plain ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const { status } = response;
  return { status, type: response.headers.get("content-type"), bytes, headers: response.headers };
}

test("a request in JSON is answered by an empty object in JSON", async () => {
  await using service = await startTestService();
  const answer = await send(service, { resourceLogs: inScope(good) }, json);
  expect(answer).toMatchObject({ status: 200, type: expect.stringContaining("application/json") });
  expect(answer.bytes.toString()).toBe("{}");
});

test("a request in protobuf is answered by an empty message in protobuf", async () => {
  await using service = await startTestService();
  const answer = await send(service, protobuf(inScope(good)), binary);
  expect(answer).toMatchObject({ status: 200, type: "application/x-protobuf" });
  expect(answer.bytes).toHaveLength(0);
});

test("gzip is undone", async () => {
  await using service = await startTestService();
  const headers = { ...binary, "content-encoding": "gzip" };
  expect((await send(service, gzipSync(protobuf(inScope(good))), headers)).status).toBe(200);
});

test("a request without records is fine", async () => {
  await using service = await startTestService();
  expect((await send(service, Buffer.alloc(0), binary)).status).toBe(200);
  expect((await send(service, "{}", json)).status).toBe(200);
});

test("rejected records are told as partial success, the others are stored", async () => {
  const { store, kept } = keepingStore();
  await using service = await startTestService({ store });
  const answer = await send(service, { resourceLogs: inScope<unknown>(bad, good) }, json);
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.bytes.toString())).toEqual({
    partialSuccess: {
      rejectedLogRecords: "1",
      errorMessage: expect.stringContaining("record 0: timeUnixNano is not a number"),
    },
  });
  expect(kept).toMatchObject([{ message: "the neighbour" }]);
});

test("partial success in protobuf", async () => {
  await using service = await startTestService();
  const late = { timeUnixNano: 2 ** 63.9, body: { stringValue: "x" } };
  const answer = await send(service, protobuf(inScope<object>(late, good)), binary);
  expect(answer.status).toBe(200);
  const { partialSuccess } = ExportLogsServiceResponse.decode(answer.bytes);
  expect(Number(partialSuccess?.rejectedLogRecords)).toBe(1);
});

test("a request of which nothing was stored is an error with a Status", async () => {
  await using service = await startTestService();
  const answer = await send(service, { resourceLogs: inScope(bad) }, json);
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.bytes.toString())).toMatchObject({ code: 3 });
});

test.each([
  ["no key", {}, 401, 16],
  ["a reader's key", { key: "reader" }, 403, 7],
  ["damaged gzip", { encoding: "gzip" }, 400, 3],
  ["an unknown encoding", { encoding: "br" }, 415, 3],
  ["garbage", {}, 400, 3],
])(
  "%s is answered with a Status in protobuf",
  async (name, { key, encoding }: { key?: string; encoding?: string }, status, code) => {
    await using service = await startTestService();
    const headers = {
      ...binary,
      ...(encoding !== undefined && { "content-encoding": encoding }),
      ...(name === "no key" && { authorization: "" }),
    };
    const answer = await send(service, Buffer.from("garbage"), headers, key);
    expect(answer).toMatchObject({ status, type: "application/x-protobuf" });
    expect(Status.decode(answer.bytes)).toMatchObject({ code, message: expect.any(String) });
  },
);

test("attack: a bomb of gzip is refused with a Status", async () => {
  await using service = await startTestService();
  const bomb = gzipSync(Buffer.alloc(INGEST_LIMITS.bodyBytes + 1));
  const answer = await send(service, bomb, { ...json, "content-encoding": "gzip" });
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.bytes.toString())).toMatchObject({ code: 3 });
});

test("another content type is refused in JSON", async () => {
  await using service = await startTestService();
  const answer = await send(service, "x", { "content-type": "text/plain" });
  expect(answer.status).toBe(415);
  expect(JSON.parse(answer.bytes.toString())).toMatchObject({ code: 3 });
});

test("a store that is busy is answered 503 with Retry-After, which senders try again", async () => {
  const store = createMemoryStore();
  store.append = () =>
    Promise.reject(new ServiceError("NL_STORE_BUSY", undefined, { retryAfterSeconds: 2 }));
  await using service = await startTestService({ store });
  const answer = await send(service, { resourceLogs: inScope(good) }, json);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("2");
  expect(JSON.parse(answer.bytes.toString())).toMatchObject({ code: 14 });
});

test("the header and the parameter name the namespace", async () => {
  const { store, kept } = keepingStore();
  await using service = await startTestService({ store });
  const body = { resourceLogs: inScope(good) };
  await send(service, body, { ...json, "x-neurallog-namespace": "web" });
  expect(kept).toMatchObject([{ namespace: "web" }]);
});
