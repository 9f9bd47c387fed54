import { afterAll, beforeAll, expect, test } from "vitest";

import { jsonPush } from "../../ingest/loki/support.ts";
import { startTestService, type TestService } from "../support.ts";

/** What a query has read, as Loki's statistics tell it: six blocks of 600 lines, each with a filter of its words. */

const BLOCKS = 6;
const LINES = 600;
const nowMs = Date.now() - 60_000;

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "reader", role: "reader" },
    ],
  });
  for (let block = 0; block < BLOCKS; block += 1) {
    const values = Array.from({ length: LINES }, (_, line) => [
      `${nowMs + line}000000`,
      `order declined for shop${block} at gate ${line}`,
      { trace_id: `trace-${block}-${line >> 1}`, span_id: `span-${block}-${line}` },
    ]);
    const { status } = await service.call("writer", "/loki/api/v1/push", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Uint8Array(jsonPush({ stream: { app: "shop" }, values })),
    });
    if (status !== 204) throw new Error(`a push was answered with ${status}`);
  }
});
afterAll(() => service.stop());

interface Answer {
  readonly data: {
    readonly result: readonly { readonly values: readonly unknown[] }[];
    readonly stats: {
      readonly summary: { readonly totalBytesProcessed: number };
      readonly querier: {
        readonly store: { readonly totalChunksRef: number; readonly totalChunksDownloaded: number };
      };
    };
  };
}

async function ask(query: string) {
  const parameters = new URLSearchParams({
    query,
    limit: "5000",
    start: `${nowMs}000000`,
    end: `${nowMs + LINES}000000`,
  });
  const url = `${service.url}/loki/api/v1/query_range?${parameters}`;
  const headers = { authorization: `Bearer ${service.key("reader")}` };
  const response = await fetch(url, { headers });
  const { data }: Answer = JSON.parse(await response.text());
  const { totalChunksRef, totalChunksDownloaded } = data.stats.querier.store;
  return {
    lines: data.result.reduce((sum, { values }) => sum + values.length, 0),
    bytes: data.stats.summary.totalBytesProcessed,
    blocks: totalChunksRef,
    read: totalChunksDownloaded,
  };
}

test("a trace is looked for in the one block that has it", async () => {
  const all = await ask('{app="shop"}');
  expect(all.lines).toBe(BLOCKS * LINES);
  const one = await ask('{app="shop"} | trace_id="trace-3-7"');
  expect(one).toMatchObject({ lines: 2, blocks: BLOCKS, read: 1 });
  expect(one.bytes).toBeLessThan(all.bytes / BLOCKS);
});

test("one of several traces, and a span of it, are looked for in their blocks", async () => {
  const two = await ask('{app="shop"} | trace_id=~"trace-1-7|trace-4-8"');
  expect(two).toMatchObject({ lines: 4, read: 2 });
  const span = await ask('{app="shop"} | trace_id="trace-1-7" and span_id="span-1-14"');
  expect(span).toMatchObject({ lines: 1, read: 1 });
});

test("a trace that there is not is looked for in no block", async () => {
  expect(await ask('{app="shop"} | trace_id="nobody"')).toMatchObject({ lines: 0, bytes: 0 });
  expect(await ask('sum(count_over_time({app="shop"} | trace_id="nobody" [1m]))')).toMatchObject({
    bytes: 0,
  });
});

test("a text's whole words are looked for in the blocks that have them", async () => {
  expect(await ask('{app="shop"} |= "declined for shop2 at gate"')).toMatchObject({
    lines: LINES,
    read: 1,
  });
  expect(await ask('{app="shop"} |= " absent "')).toMatchObject({ lines: 0, bytes: 0 });
  expect(await ask('{app="shop"} |~ "order .* absent gate"')).toMatchObject({ lines: 0, bytes: 0 });
});

test("a piece of a word is found, whose words no filter knows", async () => {
  expect((await ask('{app="shop"} |= "eclin"')).lines).toBe(BLOCKS * LINES);
});
