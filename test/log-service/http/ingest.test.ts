import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { keepingStore } from "./keep.ts";
import { startTestService } from "./support.ts";

async function send(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const { store, kept } = keepingStore();
  await using service = await startTestService({ store });
  const answer = await service.call("writer", path, {
    method: "POST",
    body: new Uint8Array(Buffer.from(body)),
    headers,
  });
  return { ...answer, kept };
}

test("plain lines are read by the format of each, and a trace belongs to the line before", async () => {
  const lines = [
    "2026-01-02T03:04:05Z ERROR card declined",
    "    at pay (pay.js:1:2)",
    '{"level":"warn","msg":"slow","order":42}',
    "2026-01-02T03:04:06.000000001Z stdout F started",
    "",
  ].join("\n");
  const { status, kept } = await send("/api/ingest/lines?source=web", lines);
  expect(status).toBe(200);
  expect(kept).toMatchObject([
    { timestamp: "2026-01-02T03:04:05Z", level: "ERROR", source: "web" },
    { level: "WARN", message: "slow", metadata: { order: 42 } },
    { timestamp: "2026-01-02T03:04:06.000000001Z", message: "started" },
  ]);
  expect(kept[0]?.message).toContain("at pay");
});

test("with join=false each line is a record", async () => {
  const { kept } = await send("/api/ingest/lines?join=false", "one\n  two\n", {
    "content-type": "text/plain",
  });
  expect(kept.map(({ message }) => message)).toEqual(["one", "  two"]);
});

test("attack: lines that are not UTF-8 or longer than a message are kept all the same", async () => {
  const long = Buffer.alloc(600 * 1024, "x");
  const body = Buffer.concat([Buffer.from([0xff, 0x41, 0x0a]), long, Buffer.from("\nlast")]);
  const { status, kept } = await send("/api/ingest/lines?join=false", body);
  expect(status).toBe(200);
  expect(kept.map(({ message }) => message.length)).toEqual([2, 262_144, 262_144, 90_112, 4]);
});

test("nothing but blank lines is no batch", async () => {
  expect((await send("/api/ingest/lines", "\n \n")).status).toBe(400);
});

test("the word that join wants is told", async () => {
  expect((await send("/api/ingest/lines?join=no", "x")).body).toMatchObject({
    error: { code: "NL_PARAMETER_INVALID" },
  });
});

test.each([
  ["lines", '{"log":"one","kubernetes":{"pod":"a"}}\n{"msg":"two"}'],
  ["an array", '[{"log":"one","kubernetes":{"pod":"a"}},{"msg":"two"}]'],
])("objects with any fields, as %s, are records", async (_name, body) => {
  const { status, kept } = await send("/api/ingest/json", body);
  expect(status).toBe(200);
  expect(kept).toMatchObject([
    { message: "one", metadata: { kubernetes: { pod: "a" } } },
    { message: "two" },
  ]);
});

test("an object that cannot be taken is told with its place, its neighbours are stored", async () => {
  const { status, body, kept } = await send(
    "/api/ingest/json",
    '{"a":1,"a":2}\n{"msg":"two"}\nnone',
  );
  expect(status).toBe(200);
  expect(body).toMatchObject({
    accepted: 1,
    rejected: [
      { index: 0, code: "NL_RECORD_DUPLICATE_KEY" },
      { index: 2, code: "NL_RECORD_NOT_JSON" },
    ],
  });
  expect(kept).toHaveLength(1);
});

test("an array that does not close is refused as a whole", async () => {
  const { status, kept } = await send("/api/ingest/json", '[{"msg":"one"},');
  expect(status).toBe(400);
  expect(kept).toEqual([]);
});

test("attack: a record of a million values is refused unparsed, its neighbours are stored", async () => {
  for (const values of ["[],", "{},", "0,", '"",']) {
    const many = `{"message":"x","a":[${values.repeat(300_000)}0]}`;
    const { body, kept } = await send("/api/ingest/json", `${many}\n{"msg":"two"}`);
    expect(body).toMatchObject({ rejected: [{ index: 0, code: "NL_RECORD_TOO_LARGE" }] });
    expect(kept).toMatchObject([{ message: "two" }]);
  }
});

test("attack: millions of blank lines and blanks are passed over", async () => {
  const blanks = "\n".repeat(2 ** 20) + " \t\r".repeat(2 ** 20);
  for (const path of ["/api/ingest/json", "/api/ingest/lines", "/api/logs"]) {
    const headers = { "content-type": "application/x-ndjson" };
    const { kept } = await send(path, `${blanks}\n{"message":"found"}\n${blanks}`, headers);
    expect(kept).toMatchObject([{ message: "found" }]);
  }
});

const gelf = {
  version: "1.1",
  host: "web-1",
  short_message: "card declined",
  full_message: "card declined\nstack",
  timestamp: 1767323045.123,
  level: 3,
  _service: "checkout",
  _trace_id: "0af7651916cd43dd8448eb211c80319c",
  _order: 42,
};

test.each([
  ["plain", (text: string) => Buffer.from(text)],
  ["gzip without a header", (text: string) => gzipSync(text)],
])("a GELF message, %s, lands in its fields", async (_name, wrap) => {
  const { status, kept } = await send("/gelf", wrap(JSON.stringify(gelf)));
  expect(status).toBe(202);
  expect(kept).toMatchObject([
    {
      timestamp: "2026-01-02T03:04:05.123Z",
      level: "ERROR",
      message: "card declined\nstack",
      source: "checkout",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      metadata: { host: "web-1", order: 42 },
    },
  ]);
});

test("a GELF message whose full one is a stack trace alone keeps the short one before it", async () => {
  const message = { short_message: "declined", full_message: "java.lang.X: y\n\tat Z" };
  const { kept } = await send("/gelf", JSON.stringify(message));
  expect(kept).toMatchObject([{ message: "declined\njava.lang.X: y\n\tat Z" }]);
});

test.each([
  ["without a message", { version: "1.1", host: "x" }, "NL_RECORD_MISSING_FIELD"],
  ["of a time beyond all units", { short_message: "x", timestamp: 1e20 }, "NL_RECORD_TIMESTAMP"],
  ["before 1970", { short_message: "x", timestamp: -5 }, "NL_RECORD_TIMESTAMP"],
])("attack: a GELF message %s is refused", async (_name, message, code) => {
  const { status, body } = await send("/gelf", JSON.stringify(message));
  expect(status).toBe(400);
  expect(body).toMatchObject({ error: { code } });
});
