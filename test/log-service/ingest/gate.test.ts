import { expect, test } from "vitest";

import { Gate } from "../../../apps/log-service/src/ingest/gate.ts";

test("no more than its width run at once, and all of them in the end, failures too", async () => {
  const gate = new Gate(2);
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const tasks = Array.from({ length: 7 }, (_, n) =>
    gate.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done.push(n);
      if (n === 3) throw new Error("three");
    }),
  );
  const outcomes = await Promise.allSettled(tasks);
  expect(most).toBe(2);
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
});
