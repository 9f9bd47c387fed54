import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { planRetention, type HeldQueue } from "../../../apps/log-service/src/store/retention.ts";

const NOW = 1_000_000_000;
const HOUR = 3_600_000;

/** A queue of blocks of so many bytes, received an hour apart, the last one now. */
function queue(namespace: string, bytes: readonly number[], key = namespace): HeldQueue<string> {
  return {
    key,
    namespace,
    blocks: bytes.map((size, index) => {
      const received = NOW - (bytes.length - 1 - index) * HOUR;
      return { records: 1, bytes: size, receivedFirst: received, receivedLast: received };
    }),
  };
}

function cuts(plan: ReadonlyMap<string, readonly string[]>): Record<string, string> {
  return Object.fromEntries([...plan].map(([key, reasons]) => [key, reasons.join(" ")]));
}

describe("a plan of retention", () => {
  it("drops by age from each queue's start", () => {
    const plan = planRetention([queue("a", [1, 1, 1, 1])], { ageMs: 1.5 * HOUR }, NOW);
    expect(cuts(plan)).toEqual({ a: "age age" });
  });

  it("takes a namespace's own age before the common one", () => {
    const queues = [queue("a", [1, 1, 1, 1]), queue("b", [1, 1, 1, 1])];
    const policy = { ageMs: 1.5 * HOUR, namespaces: { b: { ageMs: 10 * HOUR } } };
    expect(cuts(planRetention(queues, policy, NOW))).toEqual({ a: "age age" });
  });

  it("holds a namespace to its own bytes over all its queues, oldest first", () => {
    const queues = [queue("a", [10, 10, 10], "a small"), queue("a", [10, 10], "a large")];
    const policy = { namespaces: { a: { bytes: 25 } } };
    expect(cuts(planRetention(queues, policy, NOW))).toEqual({
      "a small": "bytes bytes",
      "a large": "bytes",
    });
  });

  it("lets the namespace give first that holds most, and a small one keep all", () => {
    const queues = [queue("loud", Array<number>(10).fill(100)), queue("quiet", [50, 50, 50])];
    expect(cuts(planRetention(queues, { bytes: 700 }, NOW))).toEqual({
      loud: "bytes bytes bytes bytes bytes",
    });
  });

  it("shares alike once namespaces hold as much", () => {
    const queues = [queue("a", Array<number>(8).fill(100)), queue("b", Array<number>(6).fill(100))];
    const plan = planRetention(queues, { bytes: 600 }, NOW);
    expect([plan.get("a")?.length, plan.get("b")?.length]).toEqual([5, 3]);
  });

  it("frees what memory lacks beside what the policy drops", () => {
    const plan = planRetention([queue("a", [10, 10, 10, 10])], { ageMs: 2.5 * HOUR }, NOW, 15);
    expect(cuts(plan)).toEqual({ a: "age memory memory" });
  });

  it("is not held up by a block that a clock far ahead has stamped", () => {
    const ahead = NOW + 1_000 * HOUR;
    const blocks = [
      { records: 1, bytes: 1, receivedFirst: ahead, receivedLast: ahead },
      { records: 1, bytes: 1, receivedFirst: 0, receivedLast: 0 },
    ];
    const plan = planRetention([{ key: "a", namespace: "a", blocks }], { ageMs: HOUR }, NOW);
    expect(cuts(plan)).toEqual({ a: "age age" });
  });

  it("drops no more than it must, and never a block of whoever holds less than the largest that is left", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 1, maxLength: 5 }), fc.nat(400), (all, bytes) => {
        const queues = all.map((each, index) => queue(`n${index}`, each));
        const plan = planRetention(queues, { bytes }, NOW);
        const sum = (blocks: readonly { bytes: number }[]) =>
          blocks.reduce((total, block) => total + block.bytes, 0);
        const left = queues.map(({ key, blocks }) => blocks.slice(plan.get(key)?.length ?? 0));
        const total = left.reduce((each, blocks) => each + sum(blocks), 0);
        expect(total).toBeLessThanOrEqual(bytes);
        const most = Math.max(...left.map(sum));
        queues.forEach(({ key, blocks }, index) => {
          const cut = plan.get(key)?.length ?? 0;
          if (cut === 0) return;
          // What it held when it gave its last block was the most then, so at least what any holds now.
          expect(sum(left[index] ?? []) + (blocks[cut - 1]?.bytes ?? 0)).toBeGreaterThanOrEqual(
            most,
          );
        });
      }),
    );
  });
});
