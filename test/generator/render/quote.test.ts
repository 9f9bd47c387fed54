import fc from "fast-check";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { yaml, yamlText, type YamlValue } from "../../../generator/render/quote.ts";
import { hostileStrings } from "../support/hostile.ts";

const anyText = fc.oneof(
  fc.constantFrom(...hostileStrings),
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
);

/** Both a YAML 1.2 reader and one that keeps YAML 1.1's habits see the same value. */
function readBack(text: string): unknown[] {
  return [parse(text), parse(text, { version: "1.1" }), load(text)];
}

describe("yaml", () => {
  it("writes every string so that it is read back as that string", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const read of readBack(`before: 1\nvalue: ${yaml(text)}\nafter: 2\n`)) {
          expect(read).toEqual({ before: 1, value: text, after: 2 });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("writes any nesting of lists and maps so that it is read back as it was", () => {
    const value = fc.letrec<{ value: YamlValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        anyText,
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.array(tie("value"), { maxLength: 3 }),
        // `__proto__` as a key of a literal is no property, and a `<<` is a merge key to some readers: neither is a name here.
        fc.dictionary(
          fc
            .oneof(fc.constantFrom("on", "y", "null", "a.b/c", "1_0", "~"), fc.string())
            .filter((key) => key !== "__proto__" && key !== "<<"),
          tie("value"),
          { maxKeys: 3 },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), (list) => {
        const text = `before: 1\nvalue:${yaml(list, 2)}\nafter: 2\n`;
        expect(load(text)).toEqual({ before: 1, value: list, after: 2 });
        expect(parse(text)).toEqual({ before: 1, value: list, after: 2 });
      }),
    );
  });

  it("shows a reviewer what turns the direction of text around", () => {
    expect(yaml("a\u202eb\u2066c\u200f")).toBe('"a\\u202eb\\u2066c\\u200f"');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, 1e21])(
    "refuses the number %d",
    (value) => {
      expect(() => yaml(value)).toThrow(TypeError);
    },
  );

  it("refuses half of a surrogate pair, which no YAML reader takes", () => {
    expect(() => yaml("\ud800")).toThrow("surrogate");
  });

  it("refuses a list without the indentation that it begins at", () => {
    expect(() => yaml(["a"])).toThrow("indentation");
  });
});

describe("yamlText", () => {
  it("writes a plain file as a readable block", () => {
    expect(yamlText('port 6379\nsave ""\n', 4)).toBe('|\n    port 6379\n    save ""');
  });

  it("writes every text so that it is read back as that text", () => {
    const lines = fc.array(anyText, { maxLength: 4 }).map((parts) => parts.join("\n"));
    fc.assert(
      fc.property(
        fc.oneof(
          lines,
          lines.map((text) => `${text}\n`),
        ),
        (text) => {
          const read = load(`data:\n  file: ${yamlText(text, 4)}\nafter: 2\n`);
          expect(read).toEqual({ data: { file: text }, after: 2 });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
