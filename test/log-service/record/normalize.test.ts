import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isRejection, normalize } from "../../../apps/log-service/src/record/normalize.ts";
import { presentRecord } from "../../../apps/log-service/src/record/present.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";

const CONTEXT = { namespace: "default", received: Date.UTC(2026, 0, 2, 12) };

function accept(input: unknown, members?: number): PreparedRecord {
  const outcome = normalize(input, CONTEXT, members);
  if (isRejection(outcome)) throw new Error(`${outcome.code}: ${outcome.message}`);
  return outcome;
}

function refuse(input: unknown, members?: number): string {
  const outcome = normalize(input, CONTEXT, members);
  return isRejection(outcome) ? outcome.code : "accepted";
}

describe("normalizing a record", () => {
  it("needs nothing but a message", () => {
    expect(accept({ message: "hello" })).toEqual({
      namespace: "default",
      ms: CONTEXT.received,
      nanos: 0,
      digits: 3,
      received: CONTEXT.received,
      level: 2,
      message: "hello",
      source: "",
      traceId: "",
      spanId: "",
      tags: "",
      metadata: "",
    });
  });

  it("presents a full record as it was sent", () => {
    const sent = {
      timestamp: "2026-01-02T03:04:05.123456789Z",
      level: "ERROR",
      message: "it broke",
      source: "checkout",
      trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
      span_id: "00f067aa0ba902b7",
      tags: ["a", "b"],
      metadata: { user: { id: 42 }, ok: false, list: [1, null] },
      namespace: "payments",
    };
    expect(presentRecord("x", accept(sent))).toEqual({
      id: "x",
      received: "2026-01-02T12:00:00.000Z",
      ...sent,
    });
  });

  it("takes component for source and data for metadata", () => {
    const record = accept({ message: "", component: "web", data: { a: 1 } });
    expect(record).toMatchObject({ source: "web", metadata: '{"a":1}' });
  });

  it("takes null for a field that is not there", () => {
    const absent = { level: null, source: null, tags: null, metadata: null, namespace: null };
    expect(accept({ message: "m", timestamp: null, ...absent })).toEqual(accept({ message: "m" }));
  });

  it.each([
    ["trace", 0],
    ["Warning", 3],
    ["err", 4],
    ["CRITICAL", 5],
    [" Info ", 2],
    ["notice", 2],
    [0, 5],
    [7, 1],
    [30, 2],
    [60, 5],
  ])("understands the level %s", (level, index) => {
    expect(accept({ message: "m", level }).level).toBe(index);
  });

  it("replaces NUL and lone surrogates, which no database can hold, in every text", () => {
    const bad = "a\0b\uD800c";
    const good = "a\uFFFDb\uFFFDc";
    const record = accept({
      message: bad,
      source: bad,
      trace_id: bad,
      span_id: bad,
      tags: [bad],
      metadata: { [bad]: [bad, { deep: bad }] },
    });
    expect(presentRecord("x", record)).toMatchObject({
      message: good,
      source: good,
      trace_id: good,
      span_id: good,
      tags: [good],
      metadata: { [good]: [good, { deep: good }] },
    });
  });

  it("keeps escapes in metadata that only look like NUL", () => {
    const metadata = { path: "C:\\u0000\\users", quote: '"\\u0000"' };
    expect(presentRecord("x", accept({ message: "m", metadata })).metadata).toEqual(metadata);
  });

  it.each([
    [null, "NL_RECORD_NOT_AN_OBJECT"],
    ["text", "NL_RECORD_NOT_AN_OBJECT"],
    [[{ message: "m" }], "NL_RECORD_NOT_AN_OBJECT"],
    [{}, "NL_RECORD_MISSING_FIELD"],
    [{ message: null }, "NL_RECORD_MISSING_FIELD"],
    [{ message: 7 }, "NL_RECORD_FIELD_TYPE"],
    [{ message: { toString: 1 } }, "NL_RECORD_FIELD_TYPE"],
    [{ message: "m", source: 1 }, "NL_RECORD_FIELD_TYPE"],
    [{ message: "m", trace_id: {} }, "NL_RECORD_FIELD_TYPE"],
    [{ message: "m", tags: "a" }, "NL_RECORD_FIELD_TYPE"],
    [{ message: "m", tags: ["a", 1] }, "NL_RECORD_FIELD_TYPE"],
    [{ message: "m", metadata: [] }, "NL_RECORD_FIELD_TYPE"],
    [{ message: "m", metadata: "x" }, "NL_RECORD_FIELD_TYPE"],
    [{ message: "m", level: "loud" }, "NL_RECORD_LEVEL"],
    [{ message: "m", level: { toString: null } }, "NL_RECORD_LEVEL"],
    [{ message: "m", level: 9 }, "NL_RECORD_LEVEL"],
    [{ message: "m", timestamp: "soon" }, "NL_RECORD_TIMESTAMP"],
    [{ message: "m", timestamp: -5 }, "NL_RECORD_TIMESTAMP"],
    [{ message: "m", namespace: "No:Good" }, "NL_RECORD_NAMESPACE"],
    [{ message: "m", namespace: "a}b" }, "NL_RECORD_NAMESPACE"],
    [{ message: "m", namespace: 5 }, "NL_RECORD_NAMESPACE"],
    [{ message: "m", user: "bob" }, "NL_RECORD_UNKNOWN_FIELD"],
    [{ message: "m", source: "a", component: "b" }, "NL_RECORD_DUPLICATE_KEY"],
    [{ message: "m", metadata: {}, data: {} }, "NL_RECORD_DUPLICATE_KEY"],
    [{ message: "x".repeat(262_145) }, "NL_RECORD_TOO_LARGE"],
    [{ message: "m", source: "x".repeat(257) }, "NL_RECORD_TOO_LARGE"],
    [{ message: "m", tags: Array.from({ length: 65 }, String) }, "NL_RECORD_TOO_LARGE"],
    [{ message: "m", tags: ["x".repeat(257)] }, "NL_RECORD_TOO_LARGE"],
    [{ message: "m", metadata: { x: "x".repeat(65_536) } }, "NL_RECORD_TOO_LARGE"],
    [JSON.parse('{"message":"m","__proto__":{"x":1}}'), "NL_RECORD_FORBIDDEN_KEY"],
    [JSON.parse('{"message":"m","metadata":{"__proto__":1}}'), "NL_RECORD_FORBIDDEN_KEY"],
    [
      JSON.parse('{"message":"m","metadata":{"constructor":{"prototype":1}}}'),
      "NL_RECORD_FORBIDDEN_KEY",
    ],
    [
      { message: "m", metadata: { a: JSON.parse("[".repeat(40) + "]".repeat(40)) } },
      "NL_RECORD_TOO_DEEP",
    ],
  ])("refuses %j with %s", (input, code) => {
    expect(refuse(input)).toBe(code);
  });

  it("refuses a record whose text named a key twice", () => {
    expect(refuse({ message: "m", metadata: { a: 1 } }, 4)).toBe("NL_RECORD_DUPLICATE_KEY");
    expect(refuse({ message: "m", metadata: { a: 1 } }, 3)).toBe("accepted");
  });

  it("keeps rejections short, whatever was sent", () => {
    const outcome = normalize({ message: "m", level: "x".repeat(100_000) }, CONTEXT);
    expect(JSON.stringify(outcome).length).toBeLessThan(200);
  });

  it("never throws, and presents what it accepts, whatever the JSON", () => {
    const field = fc.constantFrom(
      "timestamp",
      "level",
      "message",
      "source",
      "trace_id",
      "tags",
      "metadata",
      "namespace",
    );
    const record = fc.dictionary(field, fc.jsonValue());
    fc.assert(
      fc.property(
        fc.oneof(record, fc.jsonValue()),
        fc.string({ unit: "binary" }),
        (value, text) => {
          const input =
            typeof value === "object" && value !== null ? { ...value, message: text } : value;
          const outcome = normalize(input, CONTEXT);
          const shown = isRejection(outcome) ? outcome : presentRecord("x", outcome);
          return JSON.stringify(shown).isWellFormed();
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
