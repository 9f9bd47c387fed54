import { Client } from "@elastic/elasticsearch";
import { expect, test } from "vitest";

import { keepingStore } from "../keep.ts";
import { startTestService, type TestService } from "../support.ts";

const clientOf = (service: TestService, compression = false) =>
  new Client({
    node: service.url,
    auth: { apiKey: { id: "any", api_key: service.key("writer") } },
    compression,
    maxRetries: 0,
  });

test("the official client knows what it talks to", async () => {
  await using service = await startTestService();
  const client = clientOf(service);
  expect(await client.ping()).toBe(true);
  expect((await client.info()).tagline).toBe("You Know, for Search");
  expect((await client.cluster.health()).status).toBe("green");
  expect((await client.license.get()).license.status).toBe("active");
  await client.close();
});

test.each([false, true])(
  "the official client's bulk helper stores all it is given (gzip: %s)",
  async (gzip) => {
    const { store, kept } = keepingStore();
    await using service = await startTestService({ store });
    const client = clientOf(service, gzip);
    const datasource = Array.from({ length: 2_500 }, (_, at) => ({
      "@timestamp": "2026-01-02T03:04:05.678Z",
      message: `line ${at}`,
      log: { level: "error" },
      service: { name: "web" },
    }));
    const result = await client.helpers.bulk({
      datasource,
      onDocument: () => ({ create: { _index: "logs-web-default" } }),
      flushBytes: 100_000,
    });
    await client.close();
    expect(result).toMatchObject({ total: 2_500, successful: 2_500, failed: 0, retry: 0 });
    expect(new Set(kept.map(({ message }) => message)).size).toBe(2_500);
    expect(kept[0]).toMatchObject({
      timestamp: "2026-01-02T03:04:05.678Z",
      level: "ERROR",
      source: "web",
      metadata: { _index: "logs-web-default" },
    });
  },
);

test("the official client's bulk helper drops what can never be stored, and only that", async () => {
  await using service = await startTestService();
  const client = clientOf(service);
  const dropped: unknown[] = [];
  const result = await client.helpers.bulk({
    datasource: [{ message: "good" }, { "@timestamp": "soon", message: "bad" }],
    onDocument: () => ({ index: { _index: "logs" } }),
    onDrop: ({ document, status }) => void dropped.push([document, status]),
  });
  await client.close();
  expect(result).toMatchObject({ successful: 1, failed: 1 });
  expect(dropped).toEqual([[{ "@timestamp": "soon", message: "bad" }, 400]]);
});

test("the official client tells a call that is not answered from a server that it does not know", async () => {
  await using service = await startTestService();
  const client = clientOf(service);
  const search = client.search({ index: "logs" });
  await expect(search).rejects.toMatchObject({ name: "ResponseError", statusCode: 404 });
  await client.close();
});
