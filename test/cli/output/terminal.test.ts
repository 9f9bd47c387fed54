import type { LogRecord } from "@neurallog/client";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordText } from "../../../apps/cli/src/output/record.ts";
import { styleFor } from "../../../apps/cli/src/output/style.ts";
import { harmless, harmlessJson } from "../../../apps/cli/src/output/terminal.ts";

const record = (fields: Partial<LogRecord>): LogRecord => ({
  id: "1-0",
  timestamp: "2024-01-02T03:04:05Z",
  received: "2024-01-02T03:04:05Z",
  level: "INFO",
  message: "m",
  namespace: "default",
  ...fields,
});
const bare = styleFor({}, {});
// A tab is left: stack frames start with one, and it harms nobody.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe("output to a terminal", () => {
  it("attack: an escape sequence that clears the screen stays text", () => {
    expect(harmless("\u001b[2Jgone")).toBe("\\x1b[2Jgone");
  });

  it("attack: a title sequence in C1 controls stays text", () => {
    expect(harmless("\u009d0;title\u009c")).toBe("\\x9d0;title\\x9c");
  });

  it("attack: a carriage return cannot overwrite what stands before it", () => {
    expect(harmless("failed\rok    ")).toBe("failed\\x0dok    ");
  });

  it("attack: reversed text stays in its order", () => {
    expect(harmless("\u202egpj.exe")).toBe("\\u202egpj.exe");
  });

  it("attack: a line break in a message cannot forge a record", () => {
    const text = recordText(record({ message: "a\n2024-01-02T03:04:06Z ERROR forged" }), bare);
    expect(text).toBe("2024-01-02T03:04:05Z INFO  a\n    2024-01-02T03:04:06Z ERROR forged\n");
  });

  it("attack: a line break in a source or a tag cannot forge a record", () => {
    const text = recordText(record({ source: "a\nb", tags: ["c\nd"], trace_id: "e\nf" }), bare);
    expect(text.trimEnd()).not.toContain("\n");
  });

  it("leaves no control character of any record, and JSON says what it was", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        (message, other) => {
          const wild = record({
            message,
            source: other,
            tags: [other],
            metadata: { [other]: message },
          });
          expect(recordText(wild, bare)).not.toMatch(controls);
          expect(harmlessJson(wild)).not.toMatch(controls);
          expect(JSON.parse(harmlessJson(wild))).toEqual(JSON.parse(JSON.stringify(wild)));
        },
      ),
    );
  });

  it.each([
    [{ isTTY: false }, {}],
    [{ isTTY: true }, { NO_COLOR: "1" }],
    [{ isTTY: true }, { TERM: "dumb" }],
  ])("has no colour for %o with %o", (stream, env) => {
    expect(styleFor(stream, env).level("ERROR", "x")).toBe("x");
  });

  it("has colours for a terminal", () => {
    expect(styleFor({ isTTY: true }, {}).level("ERROR", "x")).toBe("\u001b[31mx\u001b[0m");
  });
});
