import { expect, test } from "vitest";

import { isRejection, normalize } from "../../../apps/log-service/src/record/normalize.ts";
import { openRedactor } from "../../../apps/log-service/src/roles/redaction.ts";

const open = (pattern: string, ignore_case = false) =>
  openRedactor({ fields: [], presets: [], patterns: [{ name: "own", pattern, ignore_case }] });

function clean(pattern: string, message: string, ignoreCase = false): string {
  const record = normalize({ message }, { namespace: "default", received: 0 });
  if (isRejection(record)) throw new Error(record.message);
  return open(pattern, ignoreCase).apply(record).message;
}

test("a short text and a long one lose the same", () => {
  const text = "id EMP-12 and emp-345.";
  const long = "-".repeat(10_000);
  expect(clean("emp-[0-9]{2,3}", text, true)).toBe("id [REDACTED] and [REDACTED].");
  expect(clean("emp-[0-9]{2,3}", long + text, true)).toBe(`${long}id [REDACTED] and [REDACTED].`);
});

test.each([
  ["looks around", "(?<=x)a"],
  ["refers back", "(a)\\1"],
  ["is not valid", "("],
])("a pattern that %s does not start the service", (_case, pattern) => {
  expect(() => open(pattern)).toThrow(expect.objectContaining({ code: "NL_CONFIG" }));
});

test.each(["(a+)+b", "a*b", "(?:a?){30}a{30}b", "[a-z]+@", "a*b|a", "(.*)(.*)(.*)x"])(
  "attack: a text made for %s takes no longer than its length",
  (pattern) => {
    const before = process.threadCpuUsage().user;
    for (const units of [30, 250, 4_000, 262_144]) clean(pattern, "a".repeat(units));
    // Backtracking takes from minutes to for ever.
    expect(process.threadCpuUsage().user - before).toBeLessThan(10_000_000);
  },
);
