import { describe, expect, test } from "vitest";

import { RateLimiter } from "../../../apps/log-service/src/access/rate-limiter.ts";

function limiterAt(rates: { recordsPerSecond?: number; bytesPerSecond?: number }) {
  const clock = { now: 1_000 };
  const limiter = new RateLimiter(
    { recordsPerSecond: rates.recordsPerSecond, bytesPerSecond: rates.bytesPerSecond },
    () => clock.now,
  );
  return { limiter, clock };
}

describe("the rate limiter", () => {
  test("lets a second's worth through at once and then asks to wait", () => {
    const { limiter } = limiterAt({ recordsPerSecond: 100 });
    limiter.charge("a", 99, 0);
    expect(limiter.waitMs("a")).toBe(0);
    limiter.charge("a", 1, 0);
    expect(limiter.waitMs("a")).toBeCloseTo(10);
  });

  test("takes a batch larger than the rate and has it paid by waiting", () => {
    const { limiter, clock } = limiterAt({ recordsPerSecond: 100 });
    expect(limiter.waitMs("a")).toBe(0);
    limiter.charge("a", 1_000, 0);
    expect(limiter.waitMs("a")).toBeCloseTo(9_010);
    clock.now += 9_011;
    expect(limiter.waitMs("a")).toBe(0);
  });

  test("asks to wait for whichever of records and bytes is further behind", () => {
    const { limiter } = limiterAt({ recordsPerSecond: 100, bytesPerSecond: 1_000 });
    limiter.charge("a", 100, 3_000);
    expect(limiter.waitMs("a")).toBeGreaterThan(2_000);
  });

  test("never saves up more than a second's worth", () => {
    const { limiter, clock } = limiterAt({ recordsPerSecond: 100 });
    expect(limiter.waitMs("a")).toBe(0);
    clock.now += 3_600_000;
    limiter.charge("a", 100, 0);
    expect(limiter.waitMs("a")).toBeGreaterThan(0);
  });

  test("counts each key for itself", () => {
    const { limiter } = limiterAt({ recordsPerSecond: 1 });
    limiter.charge("a", 10, 0);
    expect(limiter.waitMs("a")).toBeGreaterThan(0);
    expect(limiter.waitMs("b")).toBe(0);
  });

  test("without rates nobody waits", () => {
    const { limiter } = limiterAt({});
    limiter.charge("a", 1e9, 1e12);
    expect(limiter.waitMs("a")).toBe(0);
  });
});
