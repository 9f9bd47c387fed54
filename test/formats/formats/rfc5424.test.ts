import { describe, expect, it } from "vitest";
import { rfc5424 } from "../../../apps/formats/src/formats/rfc5424.ts";
import { formatOf, read } from "./read.ts";

describe("syslog lines (RFC 5424)", () => {
  it("reads structured data, escapes undone", () => {
    const line =
      '<165>1 2024-01-02T03:04:05.006000Z box app 12 ID1 [a@1 k="v \\"q\\"" e=""][b@1] up';
    expect(read(rfc5424, line)).toEqual({
      message: "up",
      timestamp: "2024-01-02T03:04:05.006000Z",
      level: "INFO",
      source: "app",
      metadata: { host: "box", pid: "12", message_id: "ID1", facility: 20, "a@1.k": 'v "q"' },
    });
    expect(formatOf(line)).toBe("rfc5424");
  });

  it("reads a line that has nothing but a priority", () => {
    const line = "<11>1 - - - - - - text";
    expect(read(rfc5424, line)).toEqual({
      message: "text",
      level: "ERROR",
      metadata: { facility: 1 },
    });
    expect(formatOf(line)).toBe("rfc5424");
  });

  it("leaves structured data that does not end", () => {
    expect(
      read(rfc5424, '<165>1 2024-01-02T03:04:05Z box app 12 ID1 [a@1 k="v up'),
    ).toBeUndefined();
  });
});
