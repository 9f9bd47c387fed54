import { readTraceparent } from "@neurallog/client/shared";
import { expect, test } from "vitest";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const parent = `00-${traceId}-${spanId}-01`;

test.each([parent, `01-${traceId}-${spanId}-01-more`, `fe-${traceId}-${spanId}-00-`])(
  "%s names a trace and a span",
  (text) => expect(readTraceparent(text)).toEqual({ traceId, spanId }),
);

test.each([
  ["nothing", ""],
  ["only zeros", `00-${"0".repeat(32)}-${spanId}-01`],
  ["a parent of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
  ["the version that is none", `ff-${traceId}-${spanId}-01`],
  ["capitals", parent.toUpperCase()],
  ["more behind version 00", `${parent}-more`],
  ["a blank", ` ${parent}`],
  ["a line break", `${parent}\n`],
  ["a line break behind a later version", `01-${traceId}-${spanId}-01-a\r\nset-cookie: x`],
  ["no end", `01-${traceId}-${spanId}-01-${"x".repeat(4_096)}`],
  ["no text", [parent]],
])("a traceparent of %s is none", (_what, text) => expect(readTraceparent(text)).toBeUndefined());
