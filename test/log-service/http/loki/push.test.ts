import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";

import snappy from "snappy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { jsonPush, protobufPush } from "../../ingest/loki/support.ts";
import { startTestService, type TestService } from "../support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "reader", role: "reader" },
      { name: "payments", role: "writer", namespaces: ["payments"] },
    ],
  });
});
afterAll(() => service.stop());

const time = "1767323045123456789";
const PROTOBUF = { "content-type": "application/x-protobuf" };
const JSON_TYPE = { "content-type": "application/json" };
const push = (body: Buffer | string, headers: Record<string, string> = JSON_TYPE, key = "writer") =>
  service.call(key, "/loki/api/v1/push", {
    method: "POST",
    body: new Uint8Array(Buffer.from(body)),
    headers,
  });
const stored = async (text: string, namespace?: string) =>
  (await service.client("reader").search({ text, ...(namespace !== undefined && { namespace }) }))
    .records;
const one = (line: string) => jsonPush({ stream: { app: "web" }, values: [[time, line]] });

describe("a push is answered with 204 and stored", () => {
  test.each([
    ["JSON", one, JSON_TYPE],
    ["JSON with a charset", one, { "content-type": "application/json; charset=utf-8" }],
    ["gzip", (line: string) => gzipSync(one(line)), { ...JSON_TYPE, "content-encoding": "gzip" }],
    [
      "deflate",
      (line: string) => deflateSync(one(line)),
      { ...JSON_TYPE, "content-encoding": "deflate" },
    ],
    [
      "bare deflate",
      (line: string) => deflateRawSync(one(line)),
      { ...JSON_TYPE, "content-encoding": "deflate" },
    ],
    ["protobuf", snapped, { "content-type": "application/x-protobuf" }],
    [
      "protobuf that names snappy",
      snapped,
      { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
    ],
    ["protobuf of another name", snapped, { "content-type": "application/octet-stream" }],
  ])("as %s", async (name, body, headers) => {
    const line = `as ${name}!`;
    expect(await push(body(line), headers)).toMatchObject({ status: 204, body: "" });
    expect(await stored(line)).toMatchObject([
      { timestamp: "2026-01-02T03:04:05.123456789Z", source: "web" },
    ]);
  });

  test("once, however often it comes under one Idempotency-Key", async () => {
    const headers = { ...JSON_TYPE, "idempotency-key": "batch-7" };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await push(one("sent again"), headers)).toMatchObject({ status: 204 });
    }
    expect(await stored("sent again")).toHaveLength(1);
    const values = [
      [time, "a longer"],
      [time, "batch"],
    ];
    expect(await push(jsonPush({ stream: {}, values }), headers)).toMatchObject({ status: 422 });
  });

  test("at the path before it too", async () => {
    const answer = await service.call("writer", "/api/prom/push", {
      method: "POST",
      body: new Uint8Array(one("an old path")),
      headers: JSON_TYPE,
    });
    expect(answer.status).toBe(204);
  });

  test("also when an entry of it is refused: agents drop a whole batch on 400", async () => {
    const values = [
      ["never", "bad"],
      [time, "a good neighbour"],
    ];
    expect(await push(jsonPush({ stream: {}, values }))).toMatchObject({ status: 204 });
    expect(await stored("a good neighbour")).toHaveLength(1);
  });
});

function snapped(line: string): Buffer {
  const timestamp = { seconds: 1_767_323_045, nanos: 123_456_789 };
  return protobufPush([{ labels: '{app="web"}', entries: [{ timestamp, line }] }]);
}

describe("errors are Loki's: a status and a sentence", () => {
  test("400 when no entry can be stored, with the first reason", async () => {
    const answer = await push(jsonPush({ stream: {}, values: [["never", "bad"]] }));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.body).toMatch(/^entry has a timestamp that is no instant/);
  });

  test.each(["{}", '{"streams":[]}', '{"streams":null}'])(
    "422 for the push %s, which has no stream",
    async (body) => {
      expect(await push(body)).toMatchObject({ status: 422 });
    },
  );

  test.each([
    ["JSON", jsonPush({ stream: { a: "b" } }, { stream: { a: "c" }, values: [] }), JSON_TYPE],
    ["protobuf", protobufPush([{ labels: '{a="b"}', entries: [] }]), PROTOBUF],
  ])(
    "204 for a push in %s whose streams have no entries: there is nothing to send again",
    async (_, body, headers) => {
      expect(await push(body, headers)).toMatchObject({ status: 204, body: "" });
    },
  );

  test("400 for garbage as protobuf", async () => {
    const answer = await push("garbage", { "content-type": "application/x-protobuf" });
    expect(answer).toMatchObject({ status: 400, body: "snappy: corrupt input\n" });
  });

  test("413 for a line of 100 MB", async () => {
    const answer = await push(Buffer.alloc(20 * 1024 * 1024, "x"));
    expect(answer).toMatchObject({ status: 413, body: expect.stringContaining("too large") });
  });

  test("401 without a key, as text", async () => {
    const answer = await fetch(`${service.url}/loki/api/v1/push`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });

  test("403 for a reader's key", async () => {
    expect(await push(one("x"), JSON_TYPE, "reader")).toMatchObject({ status: 403 });
  });
});

test.each([
  [
    "a bomb of five bytes",
    Buffer.from("ffffffff0f00", "hex"),
    PROTOBUF,
    413,
    /^request body too large/,
  ],
  ["snappy cut off", snapped("x").subarray(0, 20), PROTOBUF, 400, /^snappy: corrupt input/],
  ["garbage in snappy", snappy.compressSync("garbage"), PROTOBUF, 400, /^proto: /],
  [
    "groups inside each other",
    snappy.compressSync(Buffer.alloc(100_000, 0x0b)),
    PROTOBUF,
    400,
    /^proto: /,
  ],
  [
    "JSON ten thousand deep",
    '{"a":'.repeat(10_000),
    JSON_TYPE,
    400,
    /^couldn't parse push request/,
  ],
  ["half of a JSON text", one("x").subarray(0, 30), JSON_TYPE, 400, /^couldn't parse push request/],
  ["gzip that is none", "x", { ...JSON_TYPE, "content-encoding": "gzip" }, 400, /./],
  ["an unknown compression", "x", { ...JSON_TYPE, "content-encoding": "br" }, 415, /./],
  [
    "gzip of 64 MB",
    gzipSync(Buffer.alloc(64_000_000, " ")),
    { ...JSON_TYPE, "content-encoding": "gzip" },
    413,
    /larger than \d+ bytes/,
  ],
])(
  "%s gets a status and a sentence, and the next push is taken",
  async (_, body, headers, status, text) => {
    const answer = await push(body, headers);
    expect(answer).toMatchObject({ status, body: expect.stringMatching(text) });
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await push(one("a neighbour"))).toMatchObject({ status: 204 });
  },
);

describe("X-Scope-OrgID", () => {
  test("names the logical namespace", async () => {
    const headers = { ...JSON_TYPE, "x-scope-orgid": "orders" };
    expect(await push(one("of an order"), headers)).toMatchObject({ status: 204 });
    expect(await stored("of an order", "orders")).toHaveLength(1);
  });

  test("of a namespace that the key does not reach is refused", async () => {
    const headers = { ...JSON_TYPE, "x-scope-orgid": "orders" };
    expect(await push(one("x"), headers, "payments")).toMatchObject({ status: 403 });
  });

  test.each(["a|b", "../etc", "x".repeat(2_000)])("of %s is refused", async (org) => {
    const headers = { ...JSON_TYPE, "x-scope-orgid": org };
    expect(await push(one("x"), headers)).toMatchObject({ status: 400 });
  });

  test("names nothing in a tenant without namespaces, and loses nothing", async () => {
    await using plain = await startTestService({ env: { NEURALLOG_NAMESPACES: "disabled" } });
    const answer = await plain.call("writer", "/loki/api/v1/push", {
      method: "POST",
      body: new Uint8Array(one("x")),
      headers: { ...JSON_TYPE, "x-scope-orgid": "tenant_1" },
    });
    expect(answer.status).toBe(204);
  });
});
