import fc from "fast-check";
import { expect, test } from "vitest";

import { BodyBudget } from "../../../apps/log-service/src/access/body-budget.ts";

test("shares never hold more than there is, of a key or of all, and give all of it back", () => {
  const step = fc.record({ share: fc.nat(5), bytes: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = new BodyBudget({ all: 100, perKey: 50 });
      const shares = ["a", "a", "b", "b", "c", "c"].map((key) => ({
        key,
        share: budget.open(key),
      }));
      const heldBy = (name?: string) =>
        shares
          .filter(({ key }) => name === undefined || key === name)
          .reduce((sum, { share }) => sum + share.bytes, 0);
      for (const { share: at, bytes } of steps) {
        const one = shares[at];
        if (one === undefined) continue;
        const { key, share } = one;
        const more = bytes - share.bytes;
        const fits = more <= 0 || (heldBy() + more <= 100 && heldBy(key) + more <= 50);
        expect(share.resize(bytes)).toBe(fits);
        expect(budget.held).toBe(heldBy());
      }
      for (const { share } of shares) share.close();
      expect(budget.held).toBe(0);
    }),
  );
});

test("what was closed holds nothing any more, however often it is closed or asked", () => {
  const budget = new BodyBudget({ all: 10, perKey: 10 });
  const share = budget.open("a");
  share.resize(10);
  share.close();
  share.close();
  expect(share.resize(5)).toBe(true);
  expect(budget.held).toBe(0);
  expect(budget.open("a").resize(10)).toBe(true);
});
