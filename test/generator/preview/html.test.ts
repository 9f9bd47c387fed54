import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHtml } from "../../../generator/preview/report/html.ts";
import { toText } from "../../../generator/preview/report/text.ts";
import { previewWith } from "./support/previews.ts";

const texts = fc
  .array(
    fc.constantFrom(
      "<",
      ">",
      "&",
      '"',
      "'",
      "`",
      "</script>",
      "</style>",
      "<!--",
      "javascript:",
      "x",
      "\u202e",
      "\u001b[2J",
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(""));

const tagsOf = (page: string): string[] =>
  [
    ...page
      .replace(/<style>[^]*?<\/style>/, "")
      .replace(/<script>[^]*?<\/script>/, "")
      .matchAll(/<[^>]*>/g),
  ].map(([tag]) => tag);

describe("the page of a preview", () => {
  it("has the same tags whatever stands in a record", () => {
    const plain = tagsOf(toHtml(previewWith("plain"))).map((tag) => tag.replaceAll("plain", "…"));
    fc.assert(
      fc.property(texts, (text) => {
        const tags = tagsOf(toHtml(previewWith(`plain${text}`)));
        expect(tags).toHaveLength(plain.length);
        for (const [i, tag] of tags.entries()) {
          expect(tag.slice(0, 6)).toBe(plain[i]?.slice(0, 6));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("loads nothing, and lets the browser run its own style and script alone", () => {
    const page = toHtml(previewWith("https://evil.example/x.js"));
    expect(page).not.toMatch(/<(?:link|img|iframe|base|form|object)|\s(?:src|href|style|on\w+)=/);
    const policy = /Content-Security-Policy" content="([^"]*)"/
      .exec(page)?.[1]
      ?.replaceAll("&#39;", "'");
    expect(policy).toContain("default-src 'none'");
    for (const name of ["style", "script"]) {
      const inside = new RegExp(`<${name}>([^]*?)</${name}>`).exec(page)?.[1] ?? "";
      const hash = createHash("sha256").update(inside).digest("base64");
      expect(inside.length).toBeGreaterThan(100);
      expect(policy).toContain(`${name}-src 'sha256-${hash}'`);
    }
  });

  it("names every tenant of a group, so that a filter finds it", () => {
    expect(toHtml(previewWith("a-tenant"))).toContain("0a-tenant, a-tenant");
  });
});

describe("the text of a preview", () => {
  it("sends no control characters to a terminal", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(toText(previewWith(text)).replaceAll("\n", "")).not.toMatch(/\p{C}/u);
      }),
      { numRuns: 60 },
    );
  });
});
