import { expect, test } from "vitest";

import { retryAfter } from "../../../apps/client/src/logger/deliver/retry-after.ts";
import { readRetryAfter } from "../../../apps/client/src/shared/retry-after.ts";

test.each([
  ["0", 0],
  ["2", 2_000],
  [" 2 ", 2_000],
  ["0.5", 500],
  ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
])("Retry-After: %s asks for %d ms", (header, ms) => expect(readRetryAfter(header)).toBe(ms));

test.each([undefined, null, "", "-1", "-5", "soon", "1e3", "0x10", "Infinity", "NaN", "2, 3"])(
  "Retry-After: %s asks for nothing",
  (header) => expect(readRetryAfter(header)).toBeUndefined(),
);

test("a date asks for the time until then, and the logger believes no more than five minutes", () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  expect(readRetryAfter(inAnHour)).toBeGreaterThan(3_500_000);
  expect(retryAfter(inAnHour)).toBe(300_000);
  expect(retryAfter("1")).toBe(1_000);
  expect(retryAfter("9".repeat(400))).toBe(300_000);
});
