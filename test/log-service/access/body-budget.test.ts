import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

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

describe("a request's body", () => {
  const asked = (headers: Record<string, string>, method = "POST") => {
    const request = new IncomingMessage(new Socket());
    Object.assign(request, { method, headers });
    return { request, response: new ServerResponse(request) };
  };

  test.each([
    ["what it announces", { "content-length": "40" }, "POST", 40],
    ["no more than it may have", { "content-length": "4000" }, "PUT", 100],
    ["the most that it may have, if it does not say", {}, "POST", 100],
    ["the same for a length that is none", { "content-length": "x" }, "POST", 100],
    ["nothing where there is none", { "content-length": "40" }, "GET", 0],
  ])("counts as %s, until its answer has ended", (_case, headers, method, bytes) => {
    const budget = new BodyBudget({ all: 100, perKey: 100 });
    const { request, response } = asked(headers, method);
    budget.reserve("a", request, response, 100);
    expect(budget.held).toBe(bytes);
    response.emit("close");
    expect(budget.held).toBe(0);
  });

  test("attack: whoever leaves while it is found out who they are holds nothing for ever", () => {
    const budget = new BodyBudget({ all: 100, perKey: 100 });
    const { request, response } = asked({ "content-length": "40" });
    response.destroy();
    budget.reserve("a", request, response, 100);
    expect(budget.held).toBe(0);
  });

  test("is refused where there is no room, and takes none", () => {
    const budget = new BodyBudget({ all: 100, perKey: 50 });
    const { request, response } = asked({ "content-length": "60" });
    expect(() => budget.reserve("a", request, response, 100)).toThrow("Too many large bodies");
    expect(budget.held).toBe(0);
  });
});
