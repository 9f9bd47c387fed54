import { ConnectionError, NeuralLogClient, NeuralLogError, ResponseError } from "@neurallog/client";
import { describe, expect, test } from "vitest";

import { json, PAGE, startServer, STORED } from "./support.ts";

describe("the client", () => {
  test("sends records, key and namespace as the API wants them", async () => {
    await using server = await startServer((_seen, response) => json(response, 200, STORED));
    const client = new NeuralLogClient({ url: `${server.url}/`, key: "nlk_1", userAgent: "t/1" });
    const result = await client.write([{ message: "ä" }], { namespace: "a b" });
    expect(result).toEqual(STORED);
    await client.writeLines('{"message":"b"}\n');
    expect(server.seen).toMatchObject([
      {
        method: "POST",
        url: "/api/logs?namespace=a%20b",
        body: '[{"message":"ä"}]',
        headers: {
          authorization: "Bearer nlk_1",
          "content-type": "application/json",
          "user-agent": "t/1",
        },
      },
      {
        url: "/api/logs",
        body: '{"message":"b"}\n',
        headers: { "content-type": "application/x-ndjson" },
      },
    ]);
  });

  test("asks for the key before each request", async () => {
    await using server = await startServer((_seen, response) => json(response, 200, STORED));
    let n = 0;
    const client = new NeuralLogClient({ url: server.url, key: () => `nlk_${++n}` });
    await client.write({ message: "a" });
    await client.write({ message: "a" });
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer nlk_1",
      "Bearer nlk_2",
    ]);
  });

  test("spells every search parameter", async () => {
    await using server = await startServer((_seen, response) => json(response, 200, PAGE));
    const client = new NeuralLogClient({ url: server.url });
    await client.search({
      from: new Date(0),
      to: 5,
      level: ["INFO", "WARN"],
      source: "a&b",
      tag: ["x", "y"],
      text: "ü 1",
      metadata: { "user.id": 42, ok: true },
      order: "asc",
      limit: 7,
      cursor: undefined,
    });
    expect(server.seen[0]?.url).toBe(
      "/api/logs?from=1970-01-01T00%3A00%3A00.000Z&to=5&level=INFO&level=WARN&source=a%26b&tag=x&tag=y&text=%C3%BC+1&order=asc&limit=7&metadata.user.id=42&metadata.ok=true",
    );
  });

  test("gives all pages of a search in turn", async () => {
    await using server = await startServer((seen, response) => {
      const cursor = new URL(seen.url, "http://x").searchParams.get("cursor");
      const page = cursor === null ? 1 : Number(cursor);
      json(response, 200, {
        ...PAGE,
        records: [{ id: `${page}a` }, { id: `${page}b` }],
        next_cursor: page < 3 ? String(page + 1) : null,
      });
    });
    const client = new NeuralLogClient({ url: server.url });
    const ids: string[] = [];
    for await (const { id } of client.searchAll({ text: "t" })) ids.push(id);
    expect(ids).toEqual(["1a", "1b", "2a", "2b", "3a", "3b"]);
    expect(server.seen.every(({ url }) => url.includes("text=t"))).toBe(true);
  });

  test("answers a batch of which nothing was stored with the reasons, not with an error", async () => {
    const body = {
      accepted: 0,
      rejected: [{ index: 0, code: "NL_RECORD_LEVEL", message: "m" }],
      ids: [null],
      error: { code: "NL_BATCH_REJECTED", message: "m" },
    };
    await using server = await startServer((_seen, response) => json(response, 400, body));
    const client = new NeuralLogClient({ url: server.url });
    expect(await client.write({ message: "a", level: "LOUD" })).toEqual(body);
  });
});

describe("errors", () => {
  test("that the service answers keep its code, status and details", async () => {
    await using server = await startServer((_seen, response) =>
      json(response, 400, { error: { code: "NL_X", message: "m", details: { a: 1 } } }),
    );
    const error = await new NeuralLogClient({ url: server.url }).search().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ResponseError);
    expect(error).toMatchObject({ code: "NL_X", status: 400, message: "m", details: { a: 1 } });
    expect(server.seen).toHaveLength(1);
  });

  test.each([429, 503])("with status %i are tried again after Retry-After", async (status) => {
    await using server = await startServer((_seen, response, count) => {
      if (count < 3)
        json(response, status, { error: { code: "NL_X", message: "m" } }, { "retry-after": "0" });
      else json(response, 200, STORED);
    });
    const client = new NeuralLogClient({ url: server.url });
    expect(await client.write({ message: "a" })).toEqual(STORED);
    expect(server.seen).toHaveLength(3);
  });

  test("are given up after the retries, with what the service asked for", async () => {
    await using server = await startServer((_seen, response) =>
      json(response, 503, { error: { code: "NL_X", message: "m" } }, { "retry-after": "0" }),
    );
    const client = new NeuralLogClient({ url: server.url, retries: 2 });
    await expect(client.write({ message: "a" })).rejects.toMatchObject({
      status: 503,
      retryAfterMs: 0,
      retryable: true,
    });
    expect(server.seen).toHaveLength(3);
  });

  test("that ask for a long wait are the caller's to decide", async () => {
    await using server = await startServer((_seen, response) =>
      json(response, 429, { error: { code: "NL_X", message: "m" } }, { "retry-after": "3600" }),
    );
    const client = new NeuralLogClient({ url: server.url });
    await expect(client.write({ message: "a" })).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    expect(server.seen).toHaveLength(1);
  });

  test("say that nobody listens, and why", async () => {
    const client = new NeuralLogClient({ url: "http://127.0.0.1:1" });
    const error = await client.search().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: "NLC_UNREACHABLE" });
  });

  test("say that no answer came in time", async () => {
    await using server = await startServer(() => undefined);
    const client = new NeuralLogClient({ url: server.url, timeoutMs: 50 });
    await expect(client.search()).rejects.toMatchObject({ code: "NLC_TIMEOUT" });
  });

  test("say that the caller cancelled, also while waiting for a retry", async () => {
    await using server = await startServer((_seen, response) =>
      json(response, 503, { error: { code: "NL_X", message: "m" } }, { "retry-after": "20" }),
    );
    const client = new NeuralLogClient({ url: server.url });
    const controller = new AbortController();
    const call = client.search({}, { signal: controller.signal });
    await expect.poll(() => server.seen.length).toBe(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "NLC_ABORTED" });
    await expect(client.search({}, { signal: controller.signal })).rejects.toMatchObject({
      code: "NLC_ABORTED",
    });
  });

  test.each([
    ["text", "<html>hello</html>", 200],
    ["another service's JSON", '{"ok":true}', 200],
    ["a proxy's page", "<html>bad gateway</html>", 502],
  ])("say that %s is no log service's answer", async (_case, body, status) => {
    await using server = await startServer((_seen, response) => {
      response.writeHead(status);
      response.end(body);
    });
    const client = new NeuralLogClient({ url: server.url, retries: 0 });
    for (const call of [() => client.search(), () => client.namespaces(), () => client.write([])]) {
      await expect(call()).rejects.toMatchObject({ code: "NLC_NOT_NEURALLOG" });
    }
  });

  test("refuse an address that is none before anything is sent", () => {
    for (const url of ["", "localhost:8080", "ftp://x", "redis://x"]) {
      expect(() => new NeuralLogClient({ url })).toThrow(NeuralLogError);
    }
  });

  test("attack: a redirect does not carry the key to another host", async () => {
    await using other = await startServer((_seen, response) => json(response, 200, PAGE));
    await using server = await startServer((_seen, response) => {
      response.writeHead(307, { location: `${other.url}/api/logs` });
      response.end();
    });
    const client = new NeuralLogClient({ url: server.url, key: "nlk_1" });
    await expect(client.search()).rejects.toBeInstanceOf(NeuralLogError);
    expect(other.seen).toEqual([]);
  });
});
