import type { ServerResponse } from "node:http";

import { expect, test } from "vitest";

import { NeuralLogError } from "../../../apps/client/src/errors.ts";
import { BatchSize } from "../../../apps/client/src/logger/batch-size.ts";
import type { Delivery, Outcome } from "../../../apps/client/src/logger/deliver/port.ts";
import { Queue } from "../../../apps/client/src/logger/queue.ts";
import { Reporter } from "../../../apps/client/src/logger/report.ts";
import { Sender } from "../../../apps/client/src/logger/sender.ts";
import { json, type Seen } from "../support.ts";
import { startCollector, startLogger, store } from "./support.ts";

const DONE = { kind: "done", accepted: 1_000, rejected: 0 } as const;
const error = new NeuralLogError("NLC_TIMEOUT", "no answer came");
const LONG_MS = 600_000;

/** A sender whose service answers when it is told to. */
function makeSender({ records, queue = 1_000 }: { records: number; queue?: number }) {
  const answers: ((outcome: Outcome) => void)[] = [];
  const bodies: string[] = [];
  const delivery: Delivery = {
    deliver: ({ body }) => {
      bodies.push(body.toString());
      return new Promise((resolve) => answers.push(resolve));
    },
    close: () => undefined,
  };
  const sender = new Sender({
    queue: new Queue(queue, 1e6),
    delivery,
    batch: { records, bytes: 1e6, ms: LONG_MS },
    reporter: new Reporter({ quiet: true }),
    noticeOf: () => "notice",
  });
  return {
    sender,
    bodies,
    push: (...lines: string[]) => lines.forEach((line) => sender.push(line)),
    answer: (outcome: Outcome) => answers.shift()?.(outcome),
    [Symbol.dispose]: () => sender.close(),
  };
}

/** Whether a flush is over by now. */
function flushOf(sender: Sender) {
  const state: { done?: boolean } = {};
  void sender.flush(LONG_MS).then((done) => (state.done = done));
  return state;
}

const lines = (name: string, count: number) =>
  Array.from({ length: count }, (_line, at) => `${name}${at}`);

test("flush does not take newer records that were dropped for its own that are under way", async () => {
  using made = makeSender({ records: 10, queue: 10 });
  made.push(...lines("own", 10));
  const flushed = flushOf(made.sender);
  await expect.poll(() => made.bodies.length).toBe(1);
  // Each makes another one go: those that are under way are not the queue's to drop.
  made.push(...lines("newer", 30));
  expect(made.sender.counts.dropped).toBeGreaterThanOrEqual(20);
  made.answer({ kind: "again", error, isUnsure: true });
  await expect.poll(() => made.bodies.length).toBe(2);
  expect(flushed).toEqual({});
  made.answer(DONE);
  await expect.poll(() => flushed).toEqual({ done: true });
});

test("flush waits for its own records behind those that are under way, and for no newer ones", async () => {
  using made = makeSender({ records: 2 });
  made.push(...lines("own", 3));
  const flushed = flushOf(made.sender);
  await expect.poll(() => made.bodies).toEqual(["own0\nown1"]);
  made.push(...lines("newer", 3));
  made.answer(DONE);
  await expect.poll(() => made.bodies.at(-1)).toBe("own2\nnewer0");
  expect(flushed).toEqual({});
  made.answer(DONE);
  await expect.poll(() => flushed).toEqual({ done: true });
  expect(made.sender.waiting.records).toBe(2);
});

test("flush waits for what is left of a batch that was taken in part, and for what was put back", async () => {
  using made = makeSender({ records: 4 });
  made.push(...lines("own", 3));
  const flushed = flushOf(made.sender);
  await expect.poll(() => made.bodies.length).toBe(1);
  made.push("newer");
  made.answer({ kind: "again", error, left: ["own1"], accepted: 2, isUnsure: false });
  await expect.poll(() => made.bodies.at(-1)).toBe("own1\nnewer");
  expect(flushed).toEqual({});
  made.answer(DONE);
  await expect.poll(() => flushed).toEqual({ done: true });
});

test("flush is over when its records were dropped or given up", async () => {
  using made = makeSender({ records: 2, queue: 2 });
  made.push("own0");
  const flushed = flushOf(made.sender);
  await expect.poll(() => made.bodies.length).toBe(1);
  made.answer({ kind: "again", error, isUnsure: false });
  await expect.poll(() => made.sender.isAway).toBe(true);
  made.push("newer0", "newer1");
  await expect.poll(() => flushed).toEqual({ done: true });
  expect(made.sender.counts.dropped).toBe(1);
  const second = flushOf(made.sender);
  await expect.poll(() => made.bodies.length).toBe(2);
  made.answer({ kind: "refused", error });
  await expect.poll(() => second).toEqual({ done: true });
});

test("flush does not say yes while its records wait for another try", async () => {
  const answers = [500, 500];
  await using collector = await startCollector((seen, response) => {
    const status = answers.shift();
    if (status === undefined) store(seen, response);
    else json(response, status, {});
  });
  await using started = startLogger({ url: collector.url });
  const { logger } = started;
  logger.info("m");
  expect(await logger.flush(50)).toBe(false);
  await expect.poll(() => logger.flush(50)).toBe(true);
  expect(logger.stats()).toMatchObject({ sent: 1, queued: 0 });
});

test("a batch that was once too large grows again, carefully, when larger ones are taken", async () => {
  let most = 2_000;
  const refused: number[] = [];
  const answer = (seen: Seen, response: ServerResponse) => {
    if (seen.body.length <= most) return store(seen, response);
    refused.push(seen.body.length);
    return json(response, 413, {});
  };
  await using collector = await startCollector(answer);
  await using started = startLogger({ url: collector.url, batch: { bytes: 16_000 } });
  const { logger } = started;
  const send = async (records: number) => {
    for (let at = 0; at < records; at++) logger.info("x".repeat(200));
    await expect.poll(() => logger.stats().queued).toBe(0);
  };
  await send(400);
  const tries = collector.seen.length;
  // What is too large all the time is tried ever less often.
  expect(refused.length).toBeLessThan(tries / 4);
  most = Infinity;
  await send(4_000);
  const later = collector.seen.slice(tries).map(({ body }) => body.length);
  expect(Math.max(...later)).toBeGreaterThan(12_000);
  expect(logger.stats()).toMatchObject({ sent: 4_400, rejected: 0, dropped: 0 });
});

test("a size that stays too large is tried ever less often", () => {
  const size = new BatchSize(1_000);
  const tries: number[] = [];
  let taken = 0;
  for (let at = 0; at < 2_000; at++) {
    if (size.bytes > 500) {
      tries.push(taken);
      taken = 0;
      size.tooLarge(size.bytes);
    } else {
      taken += 1;
      size.taken(size.bytes);
    }
  }
  expect(tries.slice(0, 7)).toEqual([0, 4, 8, 16, 32, 64, 128]);
});
