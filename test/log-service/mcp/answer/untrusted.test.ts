import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { shorten, recordText } from "../../../../apps/log-service/src/mcp/answer/shorten.ts";
import { visible, visibleJson } from "../../../../apps/log-service/src/mcp/answer/untrusted.ts";

/** What a reader does not see, or sees elsewhere than it stands, one Unicode property at a time. */
const HIDDEN = [
  /\p{Cc}/u,
  /\p{Cf}/u,
  /\p{Cs}/u,
  /\p{Zl}/u,
  /\p{Zp}/u,
  /\p{Default_Ignorable_Code_Point}/u,
  /\p{Variation_Selector}/u,
  /\p{Noncharacter_Code_Point}/u,
  /\p{Bidi_Control}/u,
  /\u2800/u,
];
const isHidden = (one: string) =>
  one !== "\t" && one !== "\n" && HIDDEN.some((property) => property.test(one));

const MARKS = [
  0x00, 0x1b, 0x85, 0xad, 0x34f, 0x61c, 0x115f, 0x17b4, 0x180e, 0x200d, 0x2028, 0x2029, 0x202e,
  0x2064, 0x2069, 0x2800, 0x3164, 0xd800, 0xdfff, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xffff,
  0x1d173, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xe01ef, 0xe0fff, 0x10ffff,
];
const anyText = fc.string({ unit: "binary", maxLength: 40 });
/** Plain text rarely has what this is about: here every second character is of it. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom("a", "é", "☃", "⚠", "\n", "\t", " "),
      fc.constantFrom(...MARKS).map((code) => String.fromCodePoint(code)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

describe("text for a model", () => {
  test("has nothing that a reader does not see, but the mark that makes a sign an emoji", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostile), (text) => {
        const shown = visible(text).replaceAll(/(?<=\p{Extended_Pictographic})\ufe0f/gu, "");
        expect([...shown].filter(isHidden)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("keeps everything that a reader sees, in its place", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostile), (text) => {
        const [given, shown] = [[...text], [...visible(text)]];
        expect(shown).toHaveLength(given.length);
        for (const [at, one] of given.entries()) {
          expect([at, shown[at]]).toEqual([
            at,
            isHidden(one) && shown[at] !== one ? "\ufffd" : one,
          ]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    "⚠️ disk is full",
    "naïve Ünïcode 日本語 العربية हिन्दी",
    "a\tb\nc",
    "\ufffd",
    "x = \u00a0y",
  ])("%j stays as it is", (text) => {
    expect(visible(text)).toBe(text);
  });

  test.each([
    ["a line separator", "\u2028"],
    ["a paragraph separator", "\u2029"],
    ["a soft hyphen", "\u00ad"],
    ["a variation selector", "a\ufe01"],
    ["a variation selector of the supplement", "😀\u{e0131}"],
    ["two marks after one sign", "⚠\ufe0f\ufe0f"],
    ["a tag character", "\u{e0049}"],
    ["a filler", "\u3164"],
    ["a joiner of graphemes", "\u034f"],
    ["an invisible operator", "\u2063"],
    ["a musical mark without a form", "\u{1d173}"],
  ])("attack: %s hides nothing and starts no line", (_name, text) => {
    expect(visible(text)).toContain("\ufffd");
    expect(JSON.stringify(visibleJson({ [text]: [text] })).split("\ufffd")).toHaveLength(3);
  });

  test("attack: no line break of any kind makes one record look like two", () => {
    const message = ["a", "b", "c", "d", "e", "f", "g"]
      .map(
        (word, at) =>
          `${word}${["\r", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029", "\n"][at]}`,
      )
      .join("");
    const record = shorten({
      id: "1",
      timestamp: "2026-01-01T00:00:00.000Z",
      received: "2026-01-01T00:00:00.000Z",
      level: "INFO",
      namespace: "default",
      message,
    });
    const lines = recordText(record).split(/[\r\n\v\f\u0085\u2028\u2029]/);
    expect(lines.slice(1).every((line) => line.startsWith("  "))).toBe(true);
  });
});
