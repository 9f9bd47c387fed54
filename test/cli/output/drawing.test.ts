import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bar, levelBar, spanBar } from "../../../apps/cli/src/output/bar.ts";
import { bytes, columns } from "../../../apps/cli/src/output/columns.ts";
import { styleFor } from "../../../apps/cli/src/output/style.ts";

const plain = styleFor({ isTTY: false }, {});
const coloured = styleFor({ isTTY: true }, { TERM: "xterm" });
const counts = fc.nat({ max: 1_000_000 });
const levels = fc.record({
  TRACE: counts,
  DEBUG: counts,
  INFO: counts,
  WARN: counts,
  ERROR: counts,
  FATAL: counts,
});

describe("columns", () => {
  it("are aligned, numbers to the right, and end no line in blanks", () => {
    const head = [{ name: "N", right: true }, { name: "NAME" }, { name: "REST" }];
    const rows = [
      ["1", "a", ""],
      ["1,000", "longer", "x"],
    ];
    expect(columns(head, rows)).toBe("    N  NAME    REST\n    1  a\n1,000  longer  x\n");
  });

  it("are as wide with colours as without", () => {
    const table = (text: string) => columns([{ name: "LEVEL" }, { name: "X" }], [[text, "x"]]);
    const uncoloured = table(coloured.level("WARN", "WARN")).replaceAll(/\u001b\[[\d;]*m/g, "");
    expect(uncoloured).toBe(table("WARN"));
  });
});

describe("a bar", () => {
  it("is as long as its share, and anything is seen", () => {
    expect([bar(0, 10, 20), bar(5, 10, 20), bar(10, 10, 20)].map((text) => text.length)).toEqual([
      0, 10, 20,
    ]);
    expect(bar(1, 1_000_000, 20)).toBe("█");
    expect(bar(0, 0, 20)).toBe("");
  });

  it("of levels is as long as one of their sum, the severe first", () => {
    fc.assert(
      fc.property(levels, counts, fc.integer({ min: 1, max: 200 }), (each, more, width) => {
        const sum = Object.values(each).reduce((all, one) => all + one, 0);
        const drawn = levelBar(each, sum + more, width, plain);
        expect(drawn).toMatch(/^█*▓*░*$/);
        expect(drawn.length).toBe(bar(sum, sum + more, width).length);
        expect(drawn.includes("█")).toBe(each.ERROR + each.FATAL > 0);
      }),
    );
  });

  it("of a part lies within its whole", () => {
    fc.assert(
      fc.property(counts, counts, counts, fc.integer({ min: 1, max: 200 }), (a, b, rest, width) => {
        const drawn = spanBar(a, b, a + b + rest, width);
        expect(drawn).toMatch(/^ *█+$/);
        expect(drawn.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});

it("bytes are told in the unit that fits", () => {
  expect([0, 1, 1_023, 1_024, 1_536, 5 * 1_024 ** 3, 2 ** 60].map(bytes)).toEqual([
    "0 B",
    "1 B",
    "1,023 B",
    "1 KiB",
    "1.5 KiB",
    "5 GiB",
    "1,048,576 TiB",
  ]);
});
