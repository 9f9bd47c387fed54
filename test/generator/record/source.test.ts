import { describe, expect, test } from "vitest";
import { MAX_RECORD_BYTES } from "../../../generator/limits.ts";
import { readTenant } from "../../../generator/record/read.ts";

const codes = (content: Uint8Array): string[] =>
  readTenant("tenants/x.yaml", content).problems.map(({ code }) => code);

describe("a file", () => {
  test("that is larger than any record is not even decoded", () => {
    expect(codes(new Uint8Array(MAX_RECORD_BYTES + 1))).toEqual(["file-too-large"]);
  });

  test("of the largest size is still read", () => {
    expect(codes(new Uint8Array(MAX_RECORD_BYTES).fill(0x20))).toEqual(["yaml-empty"]);
  });

  test.each([
    ["an overlong slash", [0xc0, 0xaf]],
    ["half a surrogate pair", [0xed, 0xa0, 0x80]],
    ["a character cut short", [0xe2, 0x82]],
    ["UTF-16", [0xff, 0xfe, 0x69, 0x00]],
  ])("with %s is not UTF-8, and the place is told", (_, bytes) => {
    const content = Uint8Array.from([...new TextEncoder().encode("id: é\nb: "), ...bytes]);
    const { problems } = readTenant("tenants/x.yaml", content);
    expect(problems).toMatchObject([{ code: "file-not-utf8", line: 2, column: 4 }]);
  });

  test("with a character outside the basic plane is read", () => {
    expect(codes(new TextEncoder().encode("displayName: 🐳"))).not.toContain("file-not-utf8");
  });
});
