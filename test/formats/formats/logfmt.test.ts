import { describe, expect, it } from "vitest";
import { logfmt } from "../../../apps/formats/src/formats/logfmt.ts";
import { formatOf, read } from "./read.ts";

describe("logfmt lines", () => {
  it("reads quoted values, and fields as metadata", () => {
    const line = 'ts=2024-01-02T03:04:05Z level=warn msg="it \\"is\\"\\nslow" took=12ms retry';
    expect(read(logfmt, line)).toEqual({
      message: 'it "is"\nslow',
      timestamp: "2024-01-02T03:04:05Z",
      level: "WARN",
      metadata: { took: "12ms", retry: true },
    });
    expect(formatOf(line)).toBe("logfmt");
  });

  it("leaves a sentence with an equals sign", () => {
    expect(read(logfmt, "the level=high water mark was reached today at noon")).toBeUndefined();
  });

  it("leaves a line that names a key twice", () => {
    expect(read(logfmt, "level=info msg=a msg=b")).toBeUndefined();
  });

  it("leaves a quote that does not end", () => {
    expect(read(logfmt, 'level=info msg="a')).toBeUndefined();
  });
});
