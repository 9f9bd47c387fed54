import { expect, test } from "vitest";

import { Pair } from "../../../../apps/log-service/src/archive/postgres/pair.ts";

/** As a move does: its own work beside the one before, its end behind it. */
const passing = async (client: string, before: Promise<unknown>): Promise<string> => {
  await before;
  return client;
};

const failing = async (): Promise<never> => {
  throw new Error("no");
};

test("calls take turns on the two connections", async () => {
  const pair = new Pair(["a", "b"]);
  expect(await Promise.all([passing, passing, passing].map((work) => pair.next(work)))).toEqual([
    "a",
    "b",
    "a",
  ]);
});

test("what was begun behind a failure fails with it", async () => {
  const pair = new Pair(["a", "b"]);
  const first = pair.next(failing);
  const second = pair.next(passing);
  await expect(first).rejects.toThrow("no");
  await expect(second).rejects.toThrow("no");
});

test("what is begun once a failure was seen does not fail with it", async () => {
  const pair = new Pair(["a", "b"]);
  const next = pair.next(failing).catch(() => pair.next(passing));
  expect(await next).toBe("b");
});

test("work alone waits for both, and both wait for it", async () => {
  const pair = new Pair(["a", "b"]);
  const ended: string[] = [];
  const noting = (name: string) => async () => {
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(name);
  };
  await Promise.all([
    pair.next(noting("one")),
    pair.next(noting("two")),
    pair.alone(noting("alone")),
    pair.next(noting("three")),
  ]);
  expect(ended).toEqual(["one", "two", "alone", "three"]);
});
