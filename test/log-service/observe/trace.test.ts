import { expect, test } from "vitest";

import {
  currentTrace,
  inTrace,
  traceField,
  traceOfHeaders,
} from "../../../apps/log-service/src/observe/trace.ts";

const id = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = `00-${id}-00f067aa0ba902b7-01`;

test("X-Trace-ID goes before traceparent, and is the one that stamps records", () => {
  expect(traceOfHeaders({ "x-trace-id": "order-7", traceparent: parent })).toEqual({
    id: "order-7",
    traceparent: parent,
    stamps: true,
  });
  expect(traceOfHeaders({ traceparent: parent })).toEqual({
    id,
    traceparent: parent,
    stamps: false,
  });
  expect(traceOfHeaders({})).toBeUndefined();
});

test("an X-Trace-ID that is none leaves the traceparent", () => {
  expect(traceOfHeaders({ "x-trace-id": "two words", traceparent: parent })?.id).toBe(id);
});

test.each([
  ["spaces, as two proxies' ids joined", "a, b"],
  ["a line break", "a\r\nset-cookie: x"],
  ["a control character", "a\u0000b"],
  ["an escape sequence", "\u001b[2J"],
  ["characters beyond ASCII", "trâce"],
  ["nothing", ""],
  ["129 characters", "x".repeat(129)],
])("attack: a trace id with %s counts as not there", (_what, text) => {
  expect(traceOfHeaders({ "x-trace-id": text })).toBeUndefined();
});

test("a traceparent of a later version may have more behind it, one of this version not", () => {
  const later = `01-${id}-00f067aa0ba902b7-01-more`;
  expect(traceOfHeaders({ traceparent: later })).toMatchObject({ id, traceparent: later });
  expect(traceOfHeaders({ traceparent: `${parent}-more` })).toBeUndefined();
});

test.each([
  ["only zeros", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
  ["a parent of zeros", `00-${id}-${"0".repeat(16)}-01`],
  ["the version that is none", `ff-${id}-00f067aa0ba902b7-01`],
  ["capitals", parent.toUpperCase()],
  ["no end", `01-${id}-00f067aa0ba902b7-01-${"x".repeat(4_096)}`],
])("attack: a traceparent of %s counts as not there", (_what, text) => {
  expect(traceOfHeaders({ traceparent: text })).toBeUndefined();
});

test("what is done for a request knows its trace, also later, and nothing else does", async () => {
  const seen = await inTrace({ id: "t1", stamps: true }, async () => {
    await Promise.resolve();
    return [currentTrace()?.id, traceField()];
  });
  expect(seen).toEqual(["t1", { trace_id: "t1" }]);
  expect([currentTrace(), traceField()]).toEqual([undefined, {}]);
});
