import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareValues, pathText } from "../../../generator/preview/compare/fields.ts";
import type { Json } from "../../../generator/preview/model/model.ts";
import { apply } from "./support/apply.ts";

const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<Json>(null, true, false, 0, 1, 80, "", "a", "b", "constructor", "__proto__"),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom("name", "port", "a", "b", "toString"), tie("value"), {
      maxKeys: 4,
    }),
    // Lists of named things, as Kubernetes has them.
    fc.uniqueArray(
      fc.record<{ name: Json; value: Json }>({
        name: fc.constantFrom("a", "b", "c", "d"),
        value: tie("value"),
      }),
      {
        selector: ({ name }) => name,
        maxLength: 4,
      },
    ),
  ),
})).value;

const lines = (before: Json, after: Json): string[] =>
  compareValues(before, after).map((change) => `${change.op} ${pathText(change.at)}`);

describe("a difference of two values", () => {
  it("applied to the first one gives the second", () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(apply(before, compareValues(before, after))).toEqual(after);
      }),
      { numRuns: 3000 },
    );
  });

  it("is none of a value with itself, whatever the order of its keys", () => {
    const turned = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(turned);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, turned(inner)]),
      );
    };
    fc.assert(
      fc.property(json, (value) => {
        expect(compareValues(value, turned(value))).toEqual([]);
      }),
    );
  });

  it("is one line for one variable of a container", () => {
    const container = (level: string) => ({
      containers: [
        {
          name: "app",
          env: [
            { name: "A", value: "1" },
            { name: "LEVEL", value: level },
          ],
        },
      ],
    });
    expect(lines(container("info"), container("debug"))).toEqual([
      "change containers[app].env[LEVEL].value",
    ]);
  });

  it("is one line for a container in the middle of others", () => {
    const named = (...names: string[]) => names.map((name) => ({ name }));
    expect(lines(named("a", "c"), named("a", "b", "c"))).toEqual(["add [b]", "order "]);
  });

  it("is one line for an element more in front of a list without names", () => {
    expect(lines(["b", "c"], ["a", "b", "c"])).toEqual(["add [0]"]);
    const rule = (port: number) => ({
      ports: [
        { port, protocol: "TCP" },
        { port, protocol: "UDP" },
      ],
    });
    expect(lines([rule(1), rule(2)], [rule(3), rule(1), rule(2)])).toEqual(["add [0]"]);
  });

  it("tells null from what is not there, and a number from its text", () => {
    expect(lines({ a: null }, {})).toEqual(["remove a"]);
    expect(lines({ a: 1 }, { a: "1" })).toEqual(["change a"]);
  });

  it("of lists beyond the bound is found all the same", () => {
    const long = Array.from({ length: 700 }, (_, i) => `a${i}`);
    const other = long.map((text, i) => (i % 2 === 0 ? text : `b${i}`));
    expect(apply(long, compareValues(long, other))).toEqual(other);
  });

  it("writes keys so that none passes for another path", () => {
    expect(pathText(["metadata", "labels", "a.b/c", { by: "name", is: "x" }, { index: 2 }])).toBe(
      'metadata.labels["a.b/c"][x][2]',
    );
  });
});
