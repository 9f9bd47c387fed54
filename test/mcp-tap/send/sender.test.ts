import { ConnectionError, ResponseError, type LogInput } from "@neurallog/client";
import { expect, test } from "vitest";

import { RecordQueue } from "../../../apps/mcp-tap/src/send/queue.ts";
import { Sender, type SenderState } from "../../../apps/mcp-tap/src/send/sender.ts";

const record = (message: string): LogInput => ({ message });
const waits = { flushMs: 0, firstMs: 1, lastMs: 2 };
const stored = (records: readonly LogInput[]) => ({
  accepted: records.length,
  rejected: [],
  ids: records.map(() => "1-1"),
});
const dropNote = (dropped: number) => record(`dropped ${dropped}`);

/** A log service that fails so many times in this way first. */
function service(failures: readonly Error[], queue?: RecordQueue) {
  const left = [...failures];
  const kept: string[] = [];
  const keys: string[] = [];
  const states: SenderState[] = [];
  const sender = new Sender({
    write: async (records, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      const failure = left.shift();
      if (failure !== undefined) throw failure;
      kept.push(...records.map(({ message }) => message));
      return stored(records);
    },
    onChange: (state) => states.push(state),
    dropNote,
    waits,
    ...(queue === undefined ? {} : { queue }),
  });
  return { sender, kept, keys, states };
}

test.each([
  ["cannot be reached", new ConnectionError("NLC_UNREACHABLE", "away")],
  ["fails", new ResponseError(500, "NL_INTERNAL", "broken")],
  ["is too busy", new ResponseError(429, "NL_RATE_LIMITED", "busy")],
  ["does not know the key for now", new ResponseError(401, "NL_UNAUTHENTICATED", "who")],
])(
  "a log service that %s is tried again with the same batch under the same key",
  async (_what, error) => {
    const { sender, kept, keys, states } = service([error, error]);
    sender.add([record("a"), record("b")]);
    await expect.poll(() => kept).toEqual(["a", "b"]);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
    expect(states.map(({ isConnected }) => isConnected)).toEqual([false, false, true]);
    expect(states.at(-1)).toMatchObject({ recorded: 2, dropped: 0, queued: 0 });
  },
);

test("a batch that is too long for what stands before the service goes in halves, and one record too long alone", async () => {
  const kept: string[] = [];
  const states: SenderState[] = [];
  const sender = new Sender({
    write: async (records) => {
      if (records.length > 2 || records.some(({ message }) => message === "long"))
        throw new ResponseError(413, "NLC_HTTP", "too long");
      kept.push(...records.map(({ message }) => message));
      return stored(records);
    },
    onChange: (state) => states.push(state),
    dropNote,
    waits,
  });
  sender.add(["a", "b", "long", "c", "d", "e", "f"].map(record));
  await expect.poll(() => kept).toEqual(["a", "b", "c", "d", "e", "f"]);
  await expect
    .poll(() => states.at(-1))
    .toMatchObject({ recorded: 6, dropped: 1, queued: 0, isConnected: true });
});

test("a batch that the service refuses for what it is does not hold up the next one", async () => {
  const { sender, kept, states } = service([new ResponseError(400, "NL_BATCH_REJECTED", "bad")]);
  sender.add([record("a")]);
  await expect.poll(() => states.at(-1)?.dropped).toBe(1);
  sender.add([record("b")]);
  await expect.poll(() => kept).toEqual(["b"]);
  expect(sender.state).toMatchObject({ recorded: 1, dropped: 1, isConnected: true, error: "bad" });
});

test("while the service is away the oldest go, are counted, and the log says so once it is back", async () => {
  const away = new ConnectionError("NLC_UNREACHABLE", "away");
  const failures = Array.from({ length: 20 }, () => away);
  const { sender, kept, states } = service(failures, new RecordQueue({ records: 5, units: 1e9 }));
  sender.add([record("first")]);
  await expect.poll(() => states.length).toBeGreaterThan(1);
  for (let at = 0; at < 100; at += 1) sender.add([record(String(at))]);
  expect(sender.state).toMatchObject({ dropped: 95, queued: 6, isConnected: false, error: "away" });
  await expect.poll(() => kept).toEqual(["first", "dropped 95", "95", "96", "97", "98", "99"]);
});

test("the queue is bounded by text too, and keeps the newest however long it is", () => {
  const queue = new RecordQueue({ records: 1_000, units: 10_000 });
  for (let at = 0; at < 100; at += 1) queue.add(record("x".repeat(3_000)));
  expect([queue.size, queue.dropped]).toEqual([2, 98]);
  queue.add(record("x".repeat(50_000)));
  expect([queue.size, queue.dropped]).toEqual([1, 100]);
});

test("the end sends what waits, and gives up in time", async () => {
  const { sender, kept } = service([]);
  sender.add([record("a")]);
  await sender.end();
  expect(kept).toEqual(["a"]);
  const hanging = new Sender({
    write: () => new Promise(() => {}),
    onChange: () => {},
    dropNote,
    waits,
  });
  hanging.add([record("a")]);
  await hanging.end({ awayMs: 10, ms: 10 });
  expect(hanging.state.recorded).toBe(0);
});
