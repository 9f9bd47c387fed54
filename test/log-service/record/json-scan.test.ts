import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { inspectValue } from "../../../apps/log-service/src/record/inspect.ts";
import { RECORD_LIMITS } from "../../../apps/log-service/src/limits.ts";
import {
  scanJson,
  SCAN_TOO_DEEP,
  SCAN_TOO_MANY,
} from "../../../apps/log-service/src/record/json-scan.ts";

function scan(text: string, maxDepth = 1_000_000): number {
  const bytes = Buffer.from(text);
  return scanJson(bytes, 0, bytes.length, maxDepth);
}

describe("scanning JSON before it is parsed", () => {
  it("counts as many members as the parsed value has, whatever stands in strings", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
        // What JSON.stringify makes has no key twice.
        const parsed: unknown = JSON.parse(JSON.stringify(value));
        return scan(JSON.stringify(value, null, indent)) === Math.abs(countKeys(parsed));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['{"a":1,"a":2}', 2, 1],
    ['{"a":{"b":1,"b":1}}', 3, 2],
    ['{"a":1,"\\u0061":2}', 2, 1],
    ['[{"a":1},{"a":1}]', 2, 2],
  ])("sees %s as %i members, of which parsing keeps %i", (text, members, kept) => {
    expect(scan(text)).toBe(members);
    expect(countKeys(JSON.parse(text))).toBe(kept);
  });

  it("stops at the depth that is asked for", () => {
    expect(scan("[[[1]]]", 3)).toBe(0);
    expect(scan("[[[[1]]]]", 3)).toBe(SCAN_TOO_DEEP);
    expect(scan(`${"[".repeat(1_000_000)}`, 32)).toBe(SCAN_TOO_DEEP);
    expect(scan('{"a":"[[[[[[[["}', 1)).toBe(1);
  });

  it("stops at more parts than are asked for, those in strings left out", () => {
    const scanMost = (text: string, most: number) =>
      scanJson(Buffer.from(text), 0, text.length, 8, most);
    expect(scanMost('{"a":[1,2,",,,:::"],"b":3}', 5)).toBe(2);
    expect(scanMost('{"a":[1,2,",,,:::"],"b":3}', 4)).toBe(SCAN_TOO_MANY);
    expect(scan(`[${"0,".repeat(RECORD_LIMITS.separators + 1)}0]`)).toBe(SCAN_TOO_MANY);
  });

  it("lets the metadata with the most values through that a record may have", () => {
    const metadata = `{"a":[${"0,".repeat(RECORD_LIMITS.metadataUnits / 2 - 5)}0]}`;
    expect(metadata.length).toBeLessThanOrEqual(RECORD_LIMITS.metadataUnits);
    expect(metadata.length).toBeGreaterThan(RECORD_LIMITS.metadataUnits - 4);
    const record = `{"message":"a","level":"INFO","source":"s","trace_id":"t","metadata":${metadata}}`;
    expect(scan(record)).toBe(6);
  });

  it("stays inside its bounds, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const members = scanJson(bytes, 0, bytes.length, 8);
        return members >= SCAN_TOO_DEEP && members <= bytes.length;
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("inspecting a parsed value", () => {
  it("refuses keys that change prototypes, at any depth", () => {
    expect(inspectValue(JSON.parse('{"__proto__":{"admin":true}}'), 0)).toBe(-2);
    expect(inspectValue(JSON.parse('{"a":[{"__proto__":1}]}'), 0)).toBe(-2);
    expect(inspectValue(JSON.parse('{"constructor":{"prototype":{"x":1}}}'), 0)).toBe(-2);
  });

  it("leaves keys alone that only look like it", () => {
    expect(inspectValue({ constructor: "Ferrari", prototype: true, toString: 1 }, 0)).toBe(3);
  });

  it("refuses what is nested deeper than 32 containers", () => {
    const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));
    expect(inspectValue(nested(32), 0)).toBe(0);
    expect(inspectValue(nested(33), 0)).toBe(-1);
  });
});

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, child) => sum + countKeys(child), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
