import { NeuralLogClient } from "@neurallog/client";
import { expect, test } from "vitest";

import { startTestService } from "../log-service/http/support.ts";
import { freePort } from "../support/port.ts";
import { startProxy } from "./proxy.ts";
import { json, startServer, STORED } from "./support.ts";

test("a write whose answer is lost is sent again, and stored once", async () => {
  await using service = await startTestService();
  await using proxy = await startProxy(service.url);
  const client = new NeuralLogClient({ url: proxy.url, key: service.key("writer") });
  proxy.cutAfter(0);
  const writing = client.write([{ message: "a" }, { message: "b" }]);
  await expect.poll(async () => (await service.client("reader").count()).count).toBe(2);
  proxy.cutAfter(undefined);
  const { accepted, ids } = await writing;
  expect(accepted).toBe(2);
  expect(proxy.connections()).toBeGreaterThan(1);
  const { records } = await service.client("reader").search({ order: "asc" });
  expect(records.map(({ id }) => id)).toEqual(ids);
});

test("a batch that is written again under its own key is stored once", async () => {
  await using service = await startTestService();
  const client = service.client("writer");
  const write = () => client.write([{ message: "a" }], { idempotencyKey: "import 7/3" });
  await expect(write()).rejects.toMatchObject({ code: "NL_IDEMPOTENCY_KEY" });
  const again = () => client.writeLines('{"message":"a"}', { idempotencyKey: "import-7/3" });
  expect(await again()).toEqual(await again());
  expect((await service.client("reader").count()).count).toBe(1);
});

test("two writes of the same text are two", async () => {
  await using service = await startTestService();
  const client = service.client("writer");
  await client.write({ message: "a" });
  await client.write({ message: "a" });
  expect((await service.client("reader").count()).count).toBe(2);
});

test("a write without a key is not sent again: it may have been stored", async () => {
  await using server = await startServer((_seen, response) => response.destroy());
  const client = new NeuralLogClient({ url: server.url });
  await expect(client.write({ message: "a" }, { idempotencyKey: false })).rejects.toMatchObject({
    code: "NLC_UNREACHABLE",
    refused: false,
  });
  expect(server.seen).toHaveLength(1);
  expect(server.seen[0]?.headers).not.toHaveProperty("idempotency-key");
});

test("a write is sent again under one key, also after no answer came in time", async () => {
  await using server = await startServer((_seen, response, count) => {
    if (count === 2) response.destroy();
    // A busy machine may need one more.
    if (count >= 3) json(response, 200, STORED);
  });
  const client = new NeuralLogClient({ url: server.url, timeoutMs: 500 });
  expect(await client.write({ message: "a" })).toEqual(STORED);
  const keys = server.seen.map(({ headers }) => headers["idempotency-key"]);
  expect(keys.length).toBeGreaterThanOrEqual(3);
  expect(keys[0]).toMatch(/^[!-~]{16,}$/);
  expect(new Set(keys).size).toBe(1);
});

test("a batch for the archive is sent again under one key, and not at all without", async () => {
  await using server = await startServer((_seen, response, count) => {
    if (count === 2) json(response, 200, { ids: ["1"] });
    else response.destroy();
  });
  const client = new NeuralLogClient({ url: server.url });
  expect(await client.archive([{ message: "a" }])).toEqual({ ids: ["1"] });
  const keys = server.seen.map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toEqual([keys[1], expect.stringMatching(/^[!-~]{16,}$/)]);
  await expect(client.archive([{ message: "a" }], { idempotencyKey: false })).rejects.toMatchObject(
    {
      code: "NLC_UNREACHABLE",
    },
  );
  expect(server.seen).toHaveLength(3);
});

test("a write to a port that fetch does not reach fails at once and says so", async () => {
  const client = new NeuralLogClient({ url: "http://127.0.0.1:6000", retries: 1_000 });
  await expect(client.write({ message: "a" })).rejects.toMatchObject({
    message: expect.stringContaining("bad port"),
    refused: true,
  });
});

test("a write to where nobody listens fails at once and says that nothing was sent", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const client = new NeuralLogClient({ url, retries: 1_000 });
  await expect(client.write({ message: "a" })).rejects.toMatchObject({
    code: "NLC_UNREACHABLE",
    refused: true,
  });
});
