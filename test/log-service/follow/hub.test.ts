import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";

import { FOLLOW_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { contains } from "../../../apps/log-service/src/query/filter.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../../../apps/log-service/src/store/port.ts";
import { sampleRecord } from "../record/sample.ts";
import { replica, type FollowedEvent, type Recorder } from "./support.ts";

const desks: { close(): void }[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.close();
});

function start(store: LogStore) {
  const one = replica(store);
  desks.push(one.desk);
  return one;
}

/** From now on it gets what is stored. */
async function joined({ recorder }: { readonly recorder: Recorder }): Promise<void> {
  await expect.poll(() => recorder.isJoined).toBe(true);
}

async function write(store: LogStore, ...messages: string[]): Promise<void> {
  await store.append(messages.map((message) => sampleRecord({ message })));
}

describe("following", () => {
  test("hands on what is stored after it began, in the order of commits", async () => {
    const store = createMemoryStore();
    await write(store, "before");
    const { recorder } = start(store).follow();
    await joined({ recorder });
    await write(store, "one", "two");
    await write(store, "three");
    await expect.poll(() => recorder.messages).toEqual(["one", "two", "three"]);
  });

  test("hands on what matches the filter and nothing else", async () => {
    const store = createMemoryStore();
    const { recorder } = start(store).follow({ filter: contains("message", "card", true) });
    await joined({ recorder });
    await write(store, "card declined", "cart emptied", "CARD lost");
    await expect.poll(() => recorder.messages).toEqual(["card declined", "CARD lost"]);
  });

  test("goes on after the last event on another replica, without gap or repeat", async () => {
    const store = createMemoryStore();
    const first = start(store).follow();
    await joined(first);
    await write(store, "one", "two", "three");
    await expect.poll(() => first.recorder.messages).toHaveLength(3);
    first.stop();
    await write(store, "four");
    // Not the last: the connection broke in the middle of a block.
    const after = first.recorder.events[1]?.bookmark;
    const second = start(store).follow({ after });
    await expect.poll(() => second.recorder.messages).toEqual(["three", "four"]);
    await write(store, "five");
    await expect.poll(() => second.recorder.messages).toEqual(["three", "four", "five"]);
    expect(second.recorder.lostRecords).toEqual([]);
  });

  test("begins where a search stood", async () => {
    const store = createMemoryStore();
    await write(store, "found");
    const { positions } = await store.snapshot(["default"]);
    await write(store, "later");
    const { recorder } = start(store).follow({ after: positions.join(".") });
    await expect.poll(() => recorder.messages).toEqual(["later"]);
  });

  test("takes in namespaces that are made meanwhile, where all are followed", async () => {
    const store = createMemoryStore();
    const { recorder } = start(store).follow({ scope: { names: "*", carried: false } });
    await joined({ recorder });
    await store.append([sampleRecord({ message: "new", namespace: "later" })]);
    await expect.poll(() => recorder.messages).toEqual(["new"]);
  });

  test("leaves out what was cleared before the follower came back", async () => {
    const store = createMemoryStore();
    await write(store, "kept");
    const { positions } = await store.snapshot(["default"]);
    await write(store, "secret", "open");
    const filter = JSON.stringify(contains("message", "secret", false));
    await store.clear({ namespace: "default", filter, by: "admin" });
    const { recorder } = start(store).follow({ after: positions.join(".") });
    await expect.poll(() => recorder.messages).toEqual(["open"]);
  });

  test("says how many records retention took in between", async () => {
    const store = createMemoryStore();
    const first = start(store).follow();
    await joined(first);
    await write(store, "one");
    await expect.poll(() => first.recorder.messages).toEqual(["one"]);
    first.stop();
    await write(store, "two", "three");
    await store.retain({ ageMs: 0 }, Date.now() + 60_000);
    await write(store, "four");
    const second = start(store).follow({ after: first.recorder.events[0]?.bookmark });
    await expect.poll(() => second.recorder.messages).toEqual(["four"]);
    expect(second.recorder.lostRecords).toEqual([2]);
  });

  test("tells a follower of what does not come how far it is, so that nothing is read or missed again", async () => {
    const store = createMemoryStore();
    await write(store, "before");
    const filter = contains("message", "card", true);
    const { follow } = start(store);
    const first = follow({ filter });
    const other = follow();
    await joined(first);
    await joined(other);
    await write(store, "one", "two");
    await expect.poll(() => first.recorder.marks).toHaveLength(1);
    await write(store, "three");
    await expect.poll(() => other.recorder.messages).toContain("three");
    // Not with every window: it goes to each of perhaps thousands.
    expect(first.recorder.marks).toHaveLength(1);
    const [after] = first.recorder.marks;
    first.stop();
    await store.retain({ ageMs: 0 }, Date.now() + 60_000);
    await write(store, "card");
    const second = start(store).follow({ filter, after });
    await expect.poll(() => second.recorder.messages).toEqual(["card"]);
    expect(second.recorder.lostRecords).toEqual([1]);
  });

  test("fails for an id that no event had, and for nobody else", async () => {
    const store = createMemoryStore();
    const { follow } = start(store);
    const good = follow();
    const bad = follow({ after: "nonsense!" });
    await expect.poll(() => bad.recorder.failures).toHaveLength(1);
    await joined(good);
    await write(store, "one");
    await expect.poll(() => good.recorder.messages).toEqual(["one"]);
  });

  test("tests equal filters once", async () => {
    const { desk, follow } = start(createMemoryStore());
    for (let index = 0; index < 10; index += 1) follow();
    follow({ filter: contains("message", "x", true) });
    await expect.poll(() => desk.stats()).toMatchObject({ followers: 11, filters: 2 });
  });

  test("refuses more distinct filters than a process can test", async () => {
    const { follow } = start(createMemoryStore());
    const all = Array.from({ length: FOLLOW_LIMITS.filters + 1 }, (_, index) =>
      follow({ filter: contains("message", `word${index}`, true) }),
    );
    await expect.poll(() => all.flatMap(({ recorder }) => recorder.failures)).toHaveLength(1);
  });
});

describe("whatever is committed, merged and reconnected in between", () => {
  test("a follower that comes back with its last id has each record once", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("write"), count: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant("merge"), count: fc.constant(0) }),
      fc.record({ kind: fc.constant("reconnect"), count: fc.nat(60) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 14 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom("small", "merged", "half-merged"),
        async (steps, lanes, layout) => {
          const store = createMemoryStore({ lanes, layout });
          const had: FollowedEvent[] = [];
          let written = 0;
          let after: string | undefined = "";
          for (const { kind, count } of [...steps, { kind: "reconnect", count: Infinity }]) {
            if (kind === "write") {
              const messages = Array.from({ length: count }, () => `m${written++}`);
              await write(store, ...messages);
            } else if (kind === "merge") {
              await store.merge();
            } else {
              const { desk, follow } = replica(store);
              const { recorder } = follow({ after });
              const expected = written - had.length;
              await expect.poll(() => recorder.events.length, { interval: 2 }).toBe(expected);
              desk.close();
              // The connection breaks after any number of events.
              had.push(...recorder.events.slice(0, count));
              after = had.at(-1)?.bookmark ?? "";
            }
          }
          expect(had.map(({ message }) => message).sort(byNumber)).toEqual(
            Array.from({ length: written }, (_, index) => `m${index}`),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

function byNumber(a: string, b: string): number {
  return Number(a.slice(1)) - Number(b.slice(1));
}
