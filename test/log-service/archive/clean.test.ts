import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { cleanRecord } from "../../../apps/log-service/src/archive/clean.ts";
import { archivable } from "./samples.ts";

/** What PostgreSQL refuses in a text, and in JSON. */
const DIRTY = /\0|\\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const anyText = fc.string({ unit: "binary", maxLength: 20 }).map((text) => `${text}\0\ud800`);

describe("cleaning a record for a database", () => {
  it("gives back a clean record itself", () => {
    const record = archivable({ metadata: '{"a":"\u{1f600}"}', tags: '["x"]' });
    expect(cleanRecord(record)).toBe(record);
  });

  it("leaves nothing that a database refuses, whatever a record holds", () => {
    fc.assert(
      fc.property(anyText, fc.dictionary(anyText, anyText), (text, object) => {
        const clean = cleanRecord(
          archivable({
            message: text,
            source: text,
            traceId: text,
            spanId: text,
            tags: JSON.stringify([text]),
            metadata: JSON.stringify(object),
          }),
        );
        for (const value of Object.values(clean)) expect(String(value)).not.toMatch(DIRTY);
        expect(JSON.parse(clean.tags)).toHaveLength(1);
      }),
    );
  });

  it("changes nothing that JSON means, however its numbers are spelt", () => {
    const spelt = fc
      .tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(5))
      .map(([value, zeros]) => `${value === 0 ? "0" : String(value)}${zeroed(value, zeros)}`);
    fc.assert(
      fc.property(fc.array(spelt), fc.string({ unit: "grapheme" }), (numbers, text) => {
        const metadata = `{"n":[${numbers.join(",")}],"t":${JSON.stringify(text)}}`;
        fc.pre(!DIRTY.test(metadata));
        expect(JSON.parse(cleanRecord(archivable({ metadata })).metadata)).toEqual(
          JSON.parse(metadata),
        );
      }),
    );
  });

  it("spells numbers that are read as one in one way, so that they are found as one", () => {
    for (const [a, b] of [
      ["0.10000000000000001", "0.1"],
      ["9007199254740993", "9007199254740992"],
      ["1234567.12345678901", "1234567.123456789"],
      ["1e-400", "0"],
    ]) {
      expect(cleanRecord(archivable({ metadata: `{"n":${a}}` })).metadata).toBe(`{"n":${b}}`);
    }
  });
});

/** Zeros behind a fraction mean nothing. */
function zeroed(value: number, zeros: number): string {
  return Number.isInteger(value) || String(value).includes("e") ? "" : "0".repeat(zeros);
}
