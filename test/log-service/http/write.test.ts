import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { INGEST_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { ask, post, startTestService, type TestService } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "reader", role: "reader" },
      { name: "admin", role: "admin" },
      { name: "payments", role: "writer", namespaces: ["payments"] },
      { name: "two", role: "writer", namespaces: ["payments", "orders"] },
    ],
  });
});
afterAll(() => service.stop());

const NDJSON = { "content-type": "application/x-ndjson" };

function codeOf(body: unknown): unknown {
  return typeof body === "object" && body !== null
    ? Reflect.get(Reflect.get(body, "error") ?? {}, "code")
    : undefined;
}

describe("POST /api/logs", () => {
  test("stores one record and answers its id", async () => {
    const answer = await post(service, "writer", '{"message":"one"}');
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1, rejected: [] } });
    const { records } = await service.client("reader").search({ text: "one" });
    expect(answer.body).toHaveProperty("ids", [records[0]?.id]);
  });

  test("stores the good records of a batch and names the others by index, with ids in order", async () => {
    const answer = await post(
      service,
      "writer",
      '[{"message":"a"},{"level":"INFO"},{"message":"b"}]',
    );
    expect(answer.body).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, code: "NL_RECORD_MISSING_FIELD" }],
      ids: [expect.any(String), null, expect.any(String)],
    });
  });

  test.each([
    "application/x-ndjson",
    "application/x-ndjson; charset=utf-8",
    "Application/NDJSON",
    "application/jsonl",
    "application/x-jsonlines",
  ])("takes lines as %s", async (type) => {
    const answer = await post(service, "writer", '{"message":"a"}\n{"message":"b"}\n', {
      "content-type": type,
    });
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2 } });
  });

  test("takes a compressed body", async () => {
    const answer = await post(service, "writer", gzipSync('{"message":"a"}\n{"message":"b"}'), {
      ...NDJSON,
      "content-encoding": "gzip",
    });
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2 } });
  });

  test("answers 400 with the reasons when nothing of a batch could be stored", async () => {
    const answer = await post(service, "writer", '{"msg":"a"}\n{"msg":"b"}', NDJSON);
    expect(answer).toMatchObject({
      status: 400,
      body: {
        accepted: 0,
        rejected: [{ index: 0 }, { index: 1 }],
        ids: [null, null],
        error: { code: "NL_BATCH_REJECTED" },
      },
    });
  });

  test.each([
    ["an empty body", "", { "content-type": "application/json" }, 400, "NL_BODY_EMPTY"],
    ["only blank lines", "\n\n", NDJSON, 400, "NL_BODY_EMPTY"],
    ["an empty array", "[]", { "content-type": "application/json" }, 400, "NL_BODY_EMPTY"],
    [
      "a broken array",
      '[{"message":"a"}',
      { "content-type": "application/json" },
      400,
      "NL_BODY_NOT_JSON",
    ],
    [
      "a form",
      "message=a",
      { "content-type": "application/x-www-form-urlencoded" },
      415,
      "NL_CONTENT_TYPE",
    ],
    ["plain text", '{"message":"a"}', { "content-type": "text/plain" }, 415, "NL_CONTENT_TYPE"],
    [
      "a content type that is none",
      '{"message":"a"}',
      { "content-type": "json" },
      415,
      "NL_CONTENT_TYPE",
    ],
    [
      "another charset",
      '{"message":"a"}',
      { "content-type": "application/json; charset=latin1" },
      415,
      "NL_CONTENT_TYPE",
    ],
    ["another encoding", "x", { ...NDJSON, "content-encoding": "br" }, 415, "NL_CONTENT_ENCODING"],
    ["damaged gzip", "x", { ...NDJSON, "content-encoding": "gzip" }, 400, "NL_BODY_ENCODING"],
  ])("never answers 200 to %s", async (_case, body, headers, status, code) => {
    const answer = await post(service, "writer", body, headers);
    expect(answer.status).toBe(status);
    expect(codeOf(answer.body)).toBe(code);
  });

  test("attack: a body beyond the limit is refused, with and without its length told", async () => {
    const large = Buffer.alloc(INGEST_LIMITS.bodyBytes + 1, 0x20);
    expect(await post(service, "writer", large, NDJSON)).toMatchObject({ status: 413 });
    const stream = new Blob([large]).stream();
    const chunked = await ask(`${service.url}/api/logs`, {
      method: "POST",
      body: stream,
      duplex: "half",
      headers: { ...NDJSON, authorization: `Bearer ${service.key("writer")}` },
    });
    expect(chunked.status).toBe(413);
  });

  test("attack: a decompression bomb is refused", async () => {
    const bomb = gzipSync(Buffer.alloc(INGEST_LIMITS.bodyBytes * 4));
    const answer = await post(service, "writer", bomb, { ...NDJSON, "content-encoding": "gzip" });
    expect(answer).toMatchObject({ status: 413, body: { error: { code: "NL_BODY_TOO_LARGE" } } });
  });

  test("attack: a stranger's body is not even read", async () => {
    const answer = await ask(`${service.url}/api/logs`, {
      method: "POST",
      body: '{"message":',
      headers: NDJSON,
    });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "NL_UNAUTHENTICATED" } } });
  });

  test("a parameter that is not known is an error with a suggestion", async () => {
    const answer = await post(service, "writer", '{"message":"a"}', undefined, "?namespaces=x");
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "NL_PARAMETER_UNKNOWN", details: { suggestion: "namespace" } } },
    });
  });
});

describe("namespaces of writes", () => {
  test("records go where they say, then where the request says, then to the default", async () => {
    await post(
      service,
      "writer",
      '[{"message":"own-1","namespace":"one"},{"message":"own-2"}]',
      undefined,
      "?namespace=two",
    );
    await post(service, "writer", '{"message":"own-3"}');
    const { records } = await service.client("reader").search({ text: "own-", order: "asc" });
    expect(records.map(({ message, namespace }) => [message, namespace]).sort()).toEqual([
      ["own-1", "one"],
      ["own-2", "two"],
      ["own-3", "default"],
    ]);
  });

  test("a key of one namespace writes there without naming it", async () => {
    await post(service, "payments", '{"message":"by-payments"}');
    const { records } = await service.client("reader").search({ text: "by-payments" });
    expect(records[0]?.namespace).toBe("payments");
  });

  test("attack: a record that names a namespace out of the key's reach is rejected, its neighbours stored", async () => {
    const answer = await post(
      service,
      "payments",
      '[{"message":"n1"},{"message":"n2","namespace":"default"},{"message":"n3","namespace":"payments"}]',
    );
    expect(answer.body).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, code: "NL_RECORD_NAMESPACE_FORBIDDEN" }],
      ids: [expect.any(String), null, expect.any(String)],
    });
    expect((await service.client("reader").search({ text: "n2" })).records).toEqual([]);
  });

  test("attack: a request for a namespace out of the key's reach is refused whole", async () => {
    const answer = await post(
      service,
      "payments",
      '{"message":"x"}',
      undefined,
      "?namespace=default",
    );
    expect(answer).toMatchObject({
      status: 403,
      body: { error: { code: "NL_FORBIDDEN_NAMESPACE" } },
    });
  });

  test("a key of two namespaces has to say which when neither is the default", async () => {
    const answer = await post(service, "two", '{"message":"x"}');
    expect(answer).toMatchObject({
      status: 400,
      body: { rejected: [{ code: "NL_RECORD_NAMESPACE_FORBIDDEN" }] },
    });
  });

  test.each(["%2e%2e", "a:b", "%7Bx%7D", "A", "", "a".repeat(64)])(
    "attack: the namespace %s is no name",
    async (name) => {
      const answer = await post(
        service,
        "writer",
        '{"message":"x"}',
        undefined,
        `?namespace=${name}`,
      );
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { code: "NL_PARAMETER_INVALID" } },
      });
    },
  );
});

test("a tenant without logical namespaces has its default one only", async () => {
  await using plain = await startTestService({
    env: { NEURALLOG_NAMESPACES: "disabled", NEURALLOG_DEFAULT_NAMESPACE: "main" },
  });
  expect(await post(plain, "writer", '{"message":"a"}')).toMatchObject({ status: 200 });
  expect(await post(plain, "writer", '{"message":"a","namespace":"main"}')).toMatchObject({
    status: 200,
  });
  expect(await post(plain, "writer", '{"message":"a","namespace":"other"}')).toMatchObject({
    status: 400,
    body: { rejected: [{ code: "NL_RECORD_NAMESPACE" }] },
  });
  expect(
    await post(plain, "writer", '{"message":"a"}', undefined, "?namespace=other"),
  ).toMatchObject({ status: 400 });
  expect(await plain.client("reader").namespaces()).toMatchObject([{ name: "main", records: 2 }]);
});

test("a key that writes too much is asked to wait, in records and in bytes", async () => {
  for (const [variable, value] of [
    ["NEURALLOG_RATE_RECORDS_PER_SECOND", "3"],
    ["NEURALLOG_RATE_BYTES_PER_SECOND", "40"],
  ] as const) {
    await using slow = await startTestService({
      keys: [
        { name: "a", role: "writer" },
        { name: "b", role: "writer" },
      ],
      env: { [variable]: value },
    });
    const many = Array.from({ length: 30 }, () => '{"message":"a"}').join("\n");
    expect(await post(slow, "a", many, NDJSON)).toMatchObject({ status: 200 });
    const refused = await post(slow, "a", '{"message":"a"}');
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "NL_RATE_LIMITED" } } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await post(slow, "b", '{"message":"a"}')).toMatchObject({ status: 200 });
  }
});
