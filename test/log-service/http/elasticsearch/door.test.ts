import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { INGEST_LIMITS } from "../../../../apps/log-service/src/limits.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { keepingStore } from "../keep.ts";
import { startTestService, type TestService } from "../support.ts";

const lines = (...values: readonly unknown[]) =>
  `${values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n")}\n`;

async function send(
  service: TestService,
  body: string | Buffer,
  {
    path = "/_bulk",
    headers = {},
    method = "POST",
  }: { path?: string; headers?: Record<string, string>; method?: string } = {},
) {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${service.key("writer")}`,
      "content-type": "application/x-ndjson",
      ...headers,
    },
    body: new Uint8Array(Buffer.from(body)),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test("documents are stored and answered with the action's own key, in compact JSON", async () => {
  await using service = await startTestService();
  const body = lines(
    { create: { _index: "a" } },
    { msg: "one" },
    { index: { _id: "7" } },
    { log: "two" },
  );
  const answer = await send(service, body, {
    path: "/b/_bulk?pipeline=x&refresh=true",
    method: "PUT",
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-elastic-product")).toBe("Elasticsearch");
  expect(answer.text).toContain('"errors":false,"items":[{"create":{"_index":"a","_id":"');
  expect(JSON.parse(answer.text).items).toMatchObject([
    { create: { _index: "a", status: 201 } },
    { index: { _index: "b", _id: "7", status: 201 } },
  ]);
});

test("what stands beside an action is passed over, as winston's client has it", async () => {
  await using service = await startTestService();
  const answer = await send(service, lines({ index: { _index: "a" }, attempts: 0 }, { msg: "x" }));
  expect(JSON.parse(answer.text)).toMatchObject({ errors: false, items: [{ index: {} }] });
});

test("a document that cannot be taken is an error of its item, its neighbours are stored", async () => {
  const { store, kept } = keepingStore();
  await using service = await startTestService({ store });
  const body = lines(
    { create: {} },
    '{"message":', //
    { create: {} },
    { message: "the neighbour" },
    { update: { _id: "1" } },
    { doc: {} },
    { delete: { _id: "1" } },
    { create: {} },
    '{"message":"a","message":"b"}',
    { create: {} },
    "[]",
    { create: {} },
    { "@timestamp": "290000-01-01T00:00:00Z", message: "late" },
    { create: {} },
    `{"message":"x","a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  );
  const answer = await send(service, body);
  const { errors, items } = JSON.parse(answer.text);
  expect(errors).toBe(true);
  expect(items.map((item: object) => Object.values(item)[0].status)).toEqual([
    400, 201, 400, 400, 400, 400, 400, 400,
  ]);
  expect(items.map((item: object) => Object.keys(item)[0])).toEqual([
    "create",
    "create",
    "update",
    "delete",
    "create",
    "create",
    "create",
    "create",
  ]);
  expect(items[0].create.error).toEqual({
    type: "document_parsing_exception",
    reason: expect.stringContaining("NL_RECORD_NOT_JSON"),
  });
  expect(kept.map(({ message }) => message)).toEqual(["the neighbour"]);
});

test.each([
  ["a line that is no action", lines({ message: "x" })],
  ["an action of two", lines({ create: {}, index: {} }, {})],
  ["an action without its document", lines({ create: {} })],
  ["an action that never ends", "{".repeat(100_000)],
  ["nothing", "\n\n"],
])("attack: %s refuses the request as a whole", async (_name, body) => {
  const { store, kept } = keepingStore();
  await using service = await startTestService({ store });
  const answer = await send(
    service,
    lines({ create: {} }, { message: "before" }).repeat(_name === "nothing" ? 0 : 1) + body,
  );
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toMatchObject({
    status: 400,
    error: { type: "illegal_argument_exception", root_cause: [{}] },
  });
  expect(kept).toEqual([]);
});

test("attack: a bomb of gzip is refused in Elasticsearch's words", async () => {
  await using service = await startTestService();
  const bomb = gzipSync(Buffer.alloc(INGEST_LIMITS.bodyBytes + 1));
  const answer = await send(service, bomb, { headers: { "content-encoding": "gzip" } });
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.text).error.type).toBe("content_too_long_exception");
});

test("an overloaded store is answered 429 for the whole request, and Retry-After", async () => {
  const store = createMemoryStore();
  store.append = () =>
    Promise.reject(new ServiceError("NL_STORE_BUSY", undefined, { retryAfterSeconds: 2 }));
  await using service = await startTestService({ store });
  const answer = await send(service, lines({ create: {} }, { message: "x" }));
  expect(answer.status).toBe(429);
  expect(answer.headers.get("retry-after")).toBe("2");
  expect(JSON.parse(answer.text).error.type).toBe("es_rejected_execution_exception");
});

test("a request without a key is refused in Elasticsearch's words", async () => {
  await using service = await startTestService();
  const answer = await send(service, "", { headers: { authorization: "" } });
  expect(answer.status).toBe(401);
  expect(answer.headers.get("x-elastic-product")).toBe("Elasticsearch");
  expect(JSON.parse(answer.text).error.type).toBe("security_exception");
});

test.each([
  ["GET", "/", "number"],
  ["GET", "/_license", '"status":"active"'],
  ["GET", "/_xpack?human=false", '"mode":"basic"'],
  ["GET", "/_cluster/health", '"status":"green"'],
  ["GET", "/_ilm/policy/filebeat", "{}"],
  ["GET", "/_index_template/filebeat-8.17.0?filter_path=x", "{}"],
  ["GET", "/_ingest/pipeline/filebeat", "{}"],
  ["GET", "/_nodes/http", "{}"],
  ["GET", "/_logstash/pipeline", "{}"],
])("%s %s is answered as agents want it", async (method, path, text) => {
  await using service = await startTestService();
  const init = { method, headers: { authorization: `Bearer ${service.key("writer")}` } };
  const response = await fetch(service.url + path, init);
  expect(response.status).toBe(200);
  expect(response.headers.get("x-elastic-product")).toBe("Elasticsearch");
  expect(await response.text()).toContain(text);
  expect((await fetch(service.url + path, { ...init, method: "HEAD" })).status).toBe(200);
});

test("setting up a template is acknowledged", async () => {
  await using service = await startTestService();
  const answer = await send(service, "{}", { path: "/_index_template/x", method: "PUT" });
  expect(JSON.parse(answer.text)).toEqual({ acknowledged: true });
});

test.each([
  ["GET", "/_cat/indices", 404],
  ["POST", "/_search", 404],
  ["HEAD", "/logs/_doc/1", 404],
  ["DELETE", "/logs-*/_alias/x", 404],
  ["GET", "/_bulk", 405],
  ["GET", "/logs/_bulk", 405],
])("%s %s, which is not answered, is still refused as Elasticsearch does", async (...asked) => {
  const [method, path, status] = asked;
  await using service = await startTestService();
  const headers = { authorization: `Bearer ${service.key("writer")}` };
  const response = await fetch(service.url + path, { method, headers });
  expect(response.status).toBe(status);
  // Without it the official client speaks of a server that is no Elasticsearch, whatever was wrong.
  expect(response.headers.get("x-elastic-product")).toBe("Elasticsearch");
  if (method !== "HEAD") expect(JSON.parse(await response.text())).toMatchObject({ status });
});
