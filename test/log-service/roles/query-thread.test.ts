import { afterAll, beforeAll, expect, test } from "vitest";

import { createLocalEngine } from "../../../apps/log-service/src/query/engine/local.ts";
import { createWorkerEngine } from "../../../apps/log-service/src/query/engine/worker/engine.ts";
import { EVERYTHING, type Filter } from "../../../apps/log-service/src/query/filter.ts";
import { createRedisStore } from "../../../apps/log-service/src/store/redis/redis-store.ts";
import type { LogStore } from "../../../apps/log-service/src/store/port.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { sampleRecord } from "../record/sample.ts";
import { readyStore } from "../store/redis/ready.ts";

const entry = new URL("../../../apps/log-service/src/roles/query-thread.ts", import.meta.url);
const scope = { names: ["default"], carried: false };
const RECORDS = 20_000;
// No filter rules it out, and it takes a while.
const SLOW: Filter = {
  kind: "regex",
  field: "message",
  pattern: "[xyz]{9}[0-9]{9}",
  ignoreCase: false,
};

let redis: TestRedis;
let store: LogStore;

beforeAll(async () => {
  redis = await startRedis();
  store = await readyStore(createRedisStore({ url: redis.url }));
  for (let at = 0; at < RECORDS; at += 1_000) {
    await store.append(
      Array.from({ length: 1_000 }, (_, index) =>
        sampleRecord({
          ms: 1_000 + at + index,
          message: `record ${at + index}`,
          traceId: `t${at}`,
        }),
      ),
    );
  }
});

afterAll(async () => {
  await store.close();
  await redis.stop();
});

/** An engine on this server, ready to answer; disposed at the end of the test. */
async function engineOf(onDeath: (reason: Error) => void = () => {}) {
  const engine = createWorkerEngine({ entry, data: { address: { url: redis.url } }, onDeath });
  for (;;) {
    try {
      await engine.ask({ kind: "namespaces", scope });
      return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.close() });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

test("a thread answers as an engine beside the store does", async () => {
  await using engine = await engineOf();
  const local = createLocalEngine(store);
  const search = { kind: "search", scope, filter: EVERYTHING, order: "desc", limit: 100 } as const;
  const [theirs, ours] = [await engine.ask(search), await local.ask(search)];
  expect(theirs.records).toEqual(ours.records);
  expect(theirs.next_cursor).toBe(ours.next_cursor);
  const count = { kind: "count", scope, filter: EVERYTHING, by: "level" } as const;
  expect(await engine.ask(count)).toEqual(await local.ask(count));
});

test("an error of ours comes over as what it was", async () => {
  await using engine = await engineOf();
  const context = {
    kind: "context",
    scope,
    id: "nowhere",
    before: 1,
    after: 1,
    same: "source",
    filter: EVERYTHING,
  } as const;
  await expect(engine.ask(context)).rejects.toMatchObject({ code: "NL_ID_NOT_FOUND", status: 404 });
});

test("a cancelled question rejects at once, and the thread goes on with others", async () => {
  await using engine = await engineOf();
  const cancel = new AbortController();
  const slow = engine.ask({ kind: "count", scope, filter: SLOW }, cancel.signal);
  cancel.abort(new Error("nobody waits"));
  await expect(slow).rejects.toThrow("nobody waits");
  const { count } = await engine.ask({ kind: "count", scope, filter: EVERYTHING });
  expect(count).toBe(RECORDS);
});

test("what waits for a thread that dies gets an error of ours, and the next question an answer", async () => {
  const reasons: Error[] = [];
  await using engine = await engineOf((reason) => reasons.push(reason));
  const doomed = engine.ask({ kind: "count", scope, filter: SLOW });
  const failed = doomed.catch((error: unknown) => error);
  await engine.kill();
  expect(await failed).toMatchObject({ code: "NL_QUERY_FAILED", status: 503 });
  expect(reasons).toHaveLength(1);
  // The new thread connects first.
  await expect
    .poll(() => engine.ask({ kind: "count", scope, filter: EVERYTHING }).catch(() => undefined))
    .toMatchObject({ count: RECORDS });
});

test("an export gives every record once, and goes on from a checkpoint after a break", async () => {
  await using engine = await engineOf();
  const question = { scope, filter: EVERYTHING, order: "asc" } as const;
  const ids: string[] = [];
  let cursor: string | undefined;
  // Only the first chunk is read: then the reader is gone.
  for await (const { body, work } of engine.export(question)) {
    cursor = take(body, ids);
    expect(work.scanned.records).toBeGreaterThanOrEqual(ids.length);
    break;
  }
  expect(ids.length).toBeLessThan(RECORDS);
  for await (const { body } of engine.export({ ...question, cursor })) take(body, ids);
  expect(ids).toHaveLength(RECORDS);
  expect(new Set(ids).size).toBe(RECORDS);
});

test("an engine that is closed refuses questions, and those under way", async () => {
  const engine = await engineOf();
  const waiting = engine.ask({ kind: "count", scope, filter: SLOW });
  const failed = waiting.catch((error: unknown) => error);
  await engine.close();
  expect(await failed).toMatchObject({ code: "NL_DRAINING" });
  await expect(engine.ask({ kind: "namespaces", scope })).rejects.toMatchObject({
    code: "NL_DRAINING",
  });
});

interface Line {
  readonly id?: string;
  readonly checkpoint?: { readonly cursor: string };
}

function take(chunk: Uint8Array, ids: string[]): string | undefined {
  let cursor: string | undefined;
  for (const text of Buffer.from(chunk).toString().trimEnd().split("\n")) {
    const line: Line = JSON.parse(text);
    if (line.id !== undefined) ids.push(line.id);
    cursor = line.checkpoint?.cursor ?? cursor;
  }
  return cursor;
}
