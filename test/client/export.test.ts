import { NeuralLogClient } from "@neurallog/client";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startTestService, type TestService } from "../log-service/http/support.ts";
import { startProxy } from "./proxy.ts";
import { startServer } from "./support.ts";

const COUNT = 6_000;
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  const lines = Array.from({ length: COUNT }, (_, n) =>
    JSON.stringify({ message: `m${n}`, timestamp: 1_700_000_000_000 + n }),
  );
  await service.client("writer").writeLines(lines.join("\n"));
});
afterAll(() => service.stop());

const all = (from = 0, to = COUNT) =>
  Array.from({ length: to - from }, (_, index) => `m${from + index}`);

test.each([
  ["before its first checkpoint", 20_000],
  ["after it", 900_000],
])("an export that breaks %s gives every record once all the same", async (_case, bytes) => {
  await using proxy = await startProxy(service.url);
  const client = new NeuralLogClient({ url: proxy.url, key: service.key("reader") });
  proxy.cutAfter(bytes);
  const seen: string[] = [];
  const checkpoints: string[] = [];
  const options = { onCheckpoint: (cursor: string) => checkpoints.push(cursor) };
  for await (const { message } of client.export({}, options)) {
    if (seen.push(message) === 1) proxy.cutAfter(undefined);
  }
  expect(seen).toEqual(all());
  expect(checkpoints).toHaveLength(1);
  expect(proxy.connections()).toBeGreaterThan(1);
});

test("an export with a limit keeps it when it is taken up again", async () => {
  await using proxy = await startProxy(service.url);
  const client = new NeuralLogClient({ url: proxy.url, key: service.key("reader") });
  proxy.cutAfter(900_000);
  const seen: string[] = [];
  for await (const { message } of client.export({ limit: 5_500 })) {
    if (seen.push(message) === 1) proxy.cutAfter(undefined);
  }
  expect(seen).toEqual(all(0, 5_500));
});

test("a checkpoint goes on where an export was left", async () => {
  const client = service.client("reader");
  let cursor: string | undefined;
  let given = 0;
  for await (const _record of client.export({}, { onCheckpoint: (text) => (cursor = text) })) {
    given += 1;
    if (cursor !== undefined) break;
  }
  const rest: string[] = [];
  for await (const { message } of client.export({ cursor })) rest.push(message);
  // The record that came behind the checkpoint is the cursor's first.
  expect(rest).toEqual(all(given - 1));
});

test("an export that breaks again and again without a new record ends with an error", async () => {
  await using proxy = await startProxy(service.url);
  const client = new NeuralLogClient({ url: proxy.url, key: service.key("reader"), retries: 0 });
  const end = new AbortController();
  proxy.cutAfter(20_000);
  let given = 0;
  const exporting = (async () => {
    for await (const _record of client.export({}, { signal: end.signal })) given += 1;
  })();
  await expect.poll(proxy.connections).toBeGreaterThan(2);
  end.abort();
  await expect(exporting).rejects.toMatchObject({ code: "NLC_ABORTED" });
  expect(given).toBeGreaterThan(0);
});

test("an export that a proxy cuts within a line, and ends in good order, is taken up again", async () => {
  const lines = ["a", "b", "c"].map((id) => JSON.stringify({ id, message: id }));
  await using server = await startServer((_seen, response, count) => {
    const text = [...lines, '{"end":{"cursor":null,"records":3}}', ""].join("\n");
    response.end(count === 1 ? text.slice(0, 40) : text);
  });
  const ids: string[] = [];
  for await (const { id } of new NeuralLogClient({ url: server.url }).export()) ids.push(id);
  expect(ids).toEqual(["a", "b", "c"]);
  expect(server.seen).toHaveLength(2);
});

test("an export that the service cannot go on with for now is taken up where it ended", async () => {
  const place = { cursor: "here", records: 1 };
  const error = { code: "NL_ARCHIVE_UNAVAILABLE", message: "away", ...place };
  await using server = await startServer((_seen, response, count) => {
    const lines =
      count === 1
        ? [{ id: "a" }, { checkpoint: place }, { error }]
        : [{ id: "b" }, { end: { cursor: null, records: 1 } }];
    response.end(lines.map((line) => `${JSON.stringify({ message: "x", ...line })}\n`).join(""));
  });
  const ids: string[] = [];
  for await (const { id } of new NeuralLogClient({ url: server.url }).export()) ids.push(id);
  expect(ids).toEqual(["a", "b"]);
  expect(server.seen[1]?.url).toContain("cursor=here");
});
