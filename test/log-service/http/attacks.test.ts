import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createApp } from "../../../apps/log-service/src/http/app.ts";
import { HTTP_LIMITS, INGEST_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { toServiceError } from "../../../apps/log-service/src/http/respond.ts";
import { createLogger } from "../../../apps/log-service/src/observe/logger.ts";
import { Metrics } from "../../../apps/log-service/src/observe/metrics.ts";
import { ask, post, rawRequest, startTestService, type TestService } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** Whether the service still does its work. */
async function unharmed(): Promise<boolean> {
  const answer = await post(service, "writer", '{"message":"still here"}');
  return answer.status === 200;
}

/** How many requests were refused with a code. */
async function refusals(code: string): Promise<number> {
  const text = await (await fetch(`${service.opsUrl}/metrics`)).text();
  const [, value] =
    new RegExp(`neurallog_requests_refused_total.code="${code}". (\\d+)`).exec(text) ?? [];
  return Number(value ?? 0);
}

describe("attack", () => {
  test("a flood of headers is refused with 431", async () => {
    const headers = Array.from({ length: 5_000 }, (_, n) => `x-${n}: ${"y".repeat(20)}\r\n`);
    const answer = await rawRequest(service.port, [
      `GET /health/live HTTP/1.1\r\nhost: a\r\n${headers.join("")}\r\n`,
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain("NL_HEADERS_TOO_LARGE");
    expect(await unharmed()).toBe(true);
  });

  test("a path longer than all headers may be is refused", async () => {
    const answer = await rawRequest(service.port, [
      `GET /api/logs?text=${"a".repeat(HTTP_LIMITS.headerBytes)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(await unharmed()).toBe(true);
  });

  test.each([
    ["is no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    ["has a broken request line", "GET\r\n\r\n"],
    [
      "has two lengths",
      "POST /api/logs HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    ],
    [
      "smuggles a second one behind a chunked body",
      "POST /api/logs HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ],
    ["has a negative length", "POST /api/logs HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"],
    ["has a NUL in a header", "GET /health/live HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n"],
  ])("a request that %s is refused with 400 and the connection closed", async (_case, text) => {
    const answer = await rawRequest(service.port, [text]);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("NL_BAD_REQUEST");
    expect(await unharmed()).toBe(true);
  });

  test.each(["/%", "/%c0%af", "/api/logs/../../etc/passwd", "//evil.example/", "/api/logs%00"])(
    "the address %s is an error with a code",
    async (path) => {
      const answer = await rawRequest(service.port, [
        `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
      ]);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer).toMatch(/NL_(BAD_REQUEST|NOT_FOUND)/);
    },
  );

  test.each([
    ["its length", 'content-length: 1000\r\n\r\n{"message":"half"}\n'],
    ["its last chunk", 'transfer-encoding: chunked\r\n\r\n13\r\n{"message":"half"}\n\r\n'],
  ])("a body that ends before %s leaves nothing stored", async (_case, body) => {
    const before = (await service.client("reader").namespaces())[0]?.records ?? 0;
    const refusedBefore = await refusals("NL_BAD_REQUEST");
    const socket = connect(service.port, "127.0.0.1");
    socket.write(
      `POST /api/logs HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${service.key("writer")}\r\n` +
        `expect: 100-continue\r\ncontent-type: application/x-ndjson\r\n${body}`,
    );
    // Said once the request is under way, with what came of its body.
    const [said] = await once(socket, "data");
    expect(String(said)).toContain("100 Continue");
    socket.resetAndDestroy();
    await once(socket, "close");
    expect(await unharmed()).toBe(true);
    // Senders come and go: it is no failure of ours.
    await expect.poll(() => refusals("NL_BAD_REQUEST")).toBeGreaterThan(refusedBefore);
    expect(service.log()).not.toContain("NL_INTERNAL");
    expect(service.log()).not.toContain("aborted");
    const after = (await service.client("reader").namespaces())[0]?.records ?? 0;
    expect(after).toBe(before + 1);
  });

  test("senders that announce large bodies and never send them do not take the memory, nor the others' room", async () => {
    await using own = await startTestService({
      keys: [
        { name: "writer", role: "writer" },
        { name: "other", role: "writer" },
      ],
    });
    const head =
      `POST /api/logs HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${own.key("writer")}\r\n` +
      `content-type: application/x-ndjson\r\ncontent-length: ${INGEST_LIMITS.bodyBytes}\r\n\r\n`;
    const half = INGEST_LIMITS.bodiesBytes / 2 / INGEST_LIMITS.bodyBytes;
    const slow = Array.from({ length: half }, () => {
      const socket = connect(own.port, "127.0.0.1", () => socket.write(head));
      return socket;
    });
    const write = (name: string) => post(own, name, '{"message":"a"}');
    await expect
      .poll(() => write("writer"))
      .toMatchObject({
        status: 503,
        body: { error: { code: "NL_STORE_BUSY" } },
      });
    expect((await write("writer")).headers.get("retry-after")).toBe("1");
    expect(await write("other")).toMatchObject({ status: 200 });
    for (const socket of slow) socket.destroy();
    await expect.poll(() => write("writer")).toMatchObject({ status: 200 });
  });

  test("thousands of connections that say nothing leave room for one that does", async () => {
    const idle = Array.from({ length: 500 }, () => connect(service.port, "127.0.0.1"));
    for (const socket of idle) socket.on("error", () => undefined);
    expect(await unharmed()).toBe(true);
    for (const socket of idle) socket.destroy();
  });
});

describe("with limits that a test can wait for", () => {
  const app = createApp({
    logger: createLogger("silent", {}),
    metrics: new Metrics(),
    limits: { ...HTTP_LIMITS, headersMs: 150, requestMs: 300, checkMs: 50 },
  });
  let port = 0;
  beforeAll(async () => {
    app.addContentTypeParser("text/plain", { parseAs: "buffer" }, (_request, body, done) =>
      done(null, body),
    );
    app.post("/", async (_request, reply) => reply.send({ read: true }));
    await app.listen({ port: 0, host: "127.0.0.1" });
    const address = app.server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(() => app.close());

  async function* dribble(head: string, piece: string): AsyncGenerator<string> {
    yield head;
    for (let n = 0; n < 200; n += 1) {
      await sleep(20);
      yield piece;
    }
  }

  test("attack: headers that arrive byte by byte are answered with 408", async () => {
    const answer = await rawRequest(port, dribble("POST / HTTP/1.1\r\nhost: a\r\nx: ", "y"));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain("NL_REQUEST_TIMEOUT");
  });

  test("attack: a body that arrives byte by byte is answered with 408", async () => {
    const head =
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\n";
    expect(await rawRequest(port, dribble(head, "y"))).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("a request in time is answered", async () => {
    const init = { method: "POST", body: "x", headers: { "content-type": "text/plain" } };
    // On a busy machine the shortest of limits may be over before anything is read.
    await expect.poll(() => ask(`http://127.0.0.1:${port}/`, init)).toMatchObject({ status: 200 });
  });
});

test("a sender's reset is no failure of ours, another connection's is", () => {
  const reset = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  expect(toServiceError(reset).code).toBe("NL_INTERNAL");
  expect(toServiceError(Object.assign(reset, { statusCode: 400 })).code).toBe("NL_BAD_REQUEST");
});

test("an error that nobody foresaw is logged, counted, and answered without its words", async () => {
  const lines: string[] = [];
  const metrics = new Metrics();
  const app = createApp({
    logger: createLogger("info", {}, { write: (line: string) => void lines.push(line) }),
    metrics,
  });
  app.get("/fails", () => {
    throw new Error("inner words");
  });
  const answer = await app.inject("/fails");
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ error: { code: "NL_INTERNAL" } });
  expect(answer.body).not.toContain("inner words");
  expect(lines.join("")).toContain("inner words");
  expect(await metrics.registry.metrics()).toContain(
    'neurallog_requests_refused_total{code="NL_INTERNAL"} 1',
  );
  await app.close();
});
