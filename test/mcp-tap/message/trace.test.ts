import { expect, test } from "vitest";

import { traceOfHeaders, traceOfMeta } from "../../../apps/mcp-tap/src/message/trace.ts";

const id = "0af7651916cd43dd8448eb211c80319c";
const parent = `00-${id}-b7ad6b7169203331-01`;

test("a message's trace is that of its traceparent, in a header or in its _meta", () => {
  expect(traceOfHeaders({ traceparent: parent })).toBe(id);
  expect(traceOfMeta({ traceparent: parent })).toBe(id);
  expect(traceOfHeaders({ traceparent: parent, "x-trace-id": "order-17" })).toBe("order-17");
  expect(traceOfMeta({ traceparent: parent.replace("00-", "01-") + "-more" })).toBe(id);
});

test.each([parent.toUpperCase(), `${parent}-more`, parent.replace("00-", "ff-"), "", "two words"])(
  "what the log service takes for no trace is none to the tap: %s",
  (text) => {
    expect(traceOfHeaders({ traceparent: text })).toBeUndefined();
    expect(traceOfMeta({ traceparent: text })).toBeUndefined();
  },
);
