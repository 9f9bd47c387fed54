import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_COMMENT_BYTES } from "../../../generator/limits.ts";
import { code, MARKER, toMarkdown } from "../../../generator/preview/report/markdown.ts";
import { visible } from "../../../generator/preview/report/words.ts";
import { previewWith } from "./support/previews.ts";

/** Pieces that mean something to Markdown, to HTML or to the platform. */
const pieces = [
  "`",
  "``",
  "```",
  "````",
  "~~~",
  "|",
  "\\",
  "\\|",
  "\n",
  "\r",
  "\n\n",
  " ",
  "    ",
  "\t",
  "#",
  "- ",
  "> ",
  "</details>",
  "</code>",
  "<img src=x onerror=alert(1)>",
  "<!--",
  "-->",
  "<script>",
  "@neurallog/platform",
  "https://evil.example",
  "[a](https://evil.example)",
  "![](x)",
  "&lt;",
  "&#64;",
  "*",
  "_",
  "$x$",
  "\u202e",
  "\u200b",
  "\u{e0041}",
  "ä",
  "🦊",
  "\ud800",
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 12 })
  .map((parts) => `HOSTILE${parts.join("HOSTILE")}HOSTILE`);

/** What is left of Markdown without fenced blocks, code spans and code elements: where text has meaning. */
function outsideOfCode(markdown: string): { text: string; open: boolean } {
  let fence: string | undefined;
  const lines: string[] = [];
  for (const line of markdown.split("\n")) {
    const run = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) {
      if (run === undefined) lines.push(withoutSpans(line));
      else fence = run;
    } else if (
      run !== undefined &&
      run[0] === fence[0] &&
      run.length >= fence.length &&
      line.trim() === run
    ) {
      fence = undefined;
    }
  }
  return { text: lines.join("\n"), open: fence !== undefined };
}

function withoutSpans(line: string): string {
  let rest = line.replaceAll(/<code>[^<>]*<\/code>/g, "");
  let out = "";
  for (;;) {
    const start = /`+/.exec(rest);
    if (start === null) return out + rest;
    const after = rest.slice(start.index + start[0].length);
    const end = [...after.matchAll(/`+/g)].find(([run]) => run.length === start[0].length);
    out += rest.slice(0, start.index);
    // A run without its counterpart is text.
    if (end === undefined) out += start[0];
    rest = end === undefined ? after : after.slice(end.index + end[0].length);
  }
}

describe("the Markdown of a preview", () => {
  it("keeps whatever stands in a record inside of code", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { text: rest, open } = outsideOfCode(toMarkdown(previewWith(text)));
        expect(rest).not.toContain("HOSTILE");
        expect(open).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("has as many cells in every row of a table, whatever a cluster is called", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const rows = toMarkdown(previewWith(text))
          .split("\n")
          .filter((line) => line.startsWith("| "));
        // The first column, four amounts, and what is before the first and behind the last bar.
        for (const row of rows) expect(row.split("|")).toHaveLength(7);
      }),
    );
  });

  it("is never larger than a comment can be, and closes what it opens", () => {
    fc.assert(
      fc.property(
        hostile,
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 60 }),
        (text, groups, objects) => {
          const markdown = toMarkdown(previewWith(text, { groups, objects }));
          expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(MAX_COMMENT_BYTES);
          expect(outsideOfCode(markdown).open).toBe(false);
          const count = (what: RegExp): number =>
            outsideOfCode(markdown).text.match(what)?.length ?? 0;
          expect(count(/^<details>$/gm)).toBe(count(/^<\/details>$/gm));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("says how many overlays had no room, and how to see them", () => {
    const markdown = toMarkdown(previewWith("x".repeat(150), { groups: 300, objects: 20 }));
    const shown = markdown.match(/^<details>$/gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(1);
    expect(markdown).toContain(`${(300 - shown) * 2} overlays that differ are not shown here`);
    expect(markdown).toContain("--format html --output preview.html");
  });

  it("shows errors before anything else, and begins with the mark that it is found by", () => {
    const markdown = toMarkdown(previewWith("x"));
    expect(markdown.startsWith(`${MARKER}\n`)).toBe(true);
    const headings = [...markdown.matchAll(/^###? (.*)$/gm)].map(([, heading]) => heading);
    expect(headings.slice(0, 3)).toEqual([
      "Preview: must not be merged",
      "⛔ Must not be merged",
      "⚠️ Look twice",
    ]);
  });

  it("spells out what would not be seen", () => {
    expect(visible("a\u202eb\u200bc\nd\u{e0041}")).toBe(
      String.raw`a\u{202e}b\u{200b}c\nd\u{e0041}`,
    );
    expect(code("a`b``c")).toBe("```a`b``c```");
    expect(code("`")).toBe("`` ` ``");
  });
});
