import fc from "fast-check";
import { expect, test } from "vitest";

import { compareTools } from "../../../apps/cli/src/compare/compare.ts";
import { listing, tool } from "./listings.ts";

const found = (a: readonly unknown[], b: readonly unknown[]) =>
  compareTools(listing(a), listing(b)).map(({ kind, side, text }) => [kind, side, text]);

test("a list does not differ from itself, in another order and with keys in another order", () => {
  const other = { name: "other", inputSchema: { type: "object" } };
  const a = tool({ inputSchema: { required: ["a", "b"], type: "object" } });
  const b = Object.fromEntries(
    Object.entries(tool({ inputSchema: { type: "object", required: ["b", "a"] } })).toReversed(),
  );
  expect(found([a, other], [other, b])).toEqual([]);
});

test("an annotation that is left out is the default that clients assume", () => {
  expect(found([tool({ annotations: { destructiveHint: true } })], [tool()])).toEqual([]);
});

test("names what differs, the likeliest to do harm first", () => {
  const a = [
    tool({ annotations: { readOnlyHint: true } }),
    { name: "a", description: "A", inputSchema: { type: "object" } },
    { name: "b", inputSchema: { type: "object", properties: { n: { type: "number" } } } },
    { name: "c", inputSchema: { type: "object" } },
    { name: "d", inputSchema: { type: "object" } },
    { name: "e", inputSchema: { type: "object" } },
  ];
  const b = [
    tool({ annotations: { readOnlyHint: false } }),
    { name: "a", description: "B", inputSchema: { type: "object" } },
    { name: "b", inputSchema: { type: "object", properties: { n: { type: "string" } } } },
    { name: "c", input_schema: { type: "object" } },
    { name: "e", inputSchema: { type: "nothing" } },
  ];
  expect(compareTools(listing(a), listing(b)).map(({ kind, tool: name }) => [kind, name])).toEqual([
    ["schema", "e"],
    ["callable", "d"],
    ["missing", "c"],
    ["type", "b"],
    ["type", "e"],
    ["annotation", "render"],
    ["description", "a"],
  ]);
});

test("a tool under a name that is nearly the other's is paired with it", () => {
  const findings = found([tool({ name: "list_things" })], [tool({ name: "list-things" })]);
  expect(findings).toEqual([
    ["callable", "between", "B lists list-things instead: a call of list_things does not find it"],
  ]);
});

test("a name that clients refuse is said with one that would do", () => {
  expect(found([tool({ name: "a b" })], [tool({ name: "a b", title: "x" })])).toContainEqual([
    "name",
    "both",
    'has " ", which clients refuse; a_b would do',
  ]);
  expect(found([], [tool({ name: "x".repeat(129) })])).toContainEqual([
    "name",
    "B",
    "has 129 characters; 128 are allowed",
  ]);
});

test.each([
  [
    "a type that is none",
    { type: "object", properties: { a: { type: "text" } } },
    "properties.a.type",
  ],
  ["required that is no list", { type: "object", required: "a" }, "required"],
  ["a reference that leads nowhere", { type: "object", $ref: "#/$defs/a" }, "$ref #/$defs/a"],
  [
    "what only a newer dialect allows",
    { $schema: "http://json-schema.org/draft-07/schema#", type: "object", items: 1 },
    "items",
  ],
])("a schema with %s is no valid one", (_what, inputSchema, place) => {
  const [finding] = compareTools(listing([tool()]), listing([tool({ inputSchema })]));
  expect(finding).toMatchObject({ kind: "schema", side: "B" });
  expect(finding?.text).toContain(place);
});

test("a mistake that both have is no difference", () => {
  const bad = tool({ inputSchema: { type: "nothing" } });
  expect(found([bad], [bad]).map(([kind, side]) => [kind, side])).toEqual([["schema", "both"]]);
});

test("a tool that is listed and cannot be called comes with what may be the reason", () => {
  const { inputSchema, ...rest } = tool();
  const error = { kind: "error", text: "-32602: Unknown tool" } as const;
  const a = listing([tool()], { render: { kind: "answered", text: "" } });
  const b = listing([{ ...rest, input_schema: inputSchema }], { render: error });
  expect(compareTools(a, b)[0]).toMatchObject({
    kind: "callable",
    side: "B",
    text: "B lists it, and a call fails: it answers -32602: Unknown tool; A answers it",
    cause: "inputSchema is missing in B, which has input_schema instead",
  });
});

test("a property that one side lacks is named by its place", () => {
  const [finding] = compareTools(
    listing([tool()]),
    listing([tool({ inputSchema: { type: "object" } })]),
  );
  expect(finding).toMatchObject({
    path: "inputSchema.properties",
    text: "inputSchema.properties is missing in B",
  });
});

test("attack: a schema that is nested without end is said and not walked", () => {
  let deep: object = { type: "object" };
  for (let at = 0; at < 100_000; at += 1) deep = { properties: { a: deep } };
  expect(found([tool({ inputSchema: deep })], [tool()])).toEqual([
    ["schema", "A", "cannot be looked at: it is nested deeper than 64"],
  ]);
});

test("attack: tools that are no tools, twice there or called like a prototype's members are said", () => {
  const odd = [
    null,
    1,
    "x",
    [],
    { name: 1 },
    tool(),
    tool(),
    tool({ name: "__proto__" }),
    tool({ name: "constructor" }),
  ];
  const findings = found([tool()], odd);
  expect(findings.filter(([kind]) => kind === "callable").length).toBe(8);
});

test("property: whatever is listed, a list never differs from itself, and comparing never throws", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const members = fc.record(
    { name: fc.string(), inputSchema: value, annotations: value },
    { requiredKeys: [] },
  );
  const lists = fc.array(fc.oneof(members, value), { maxLength: 5 });
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      compareTools(listing(a), listing(b));
      const own = compareTools(listing(a), listing(structuredClone(a)));
      expect(own.filter(({ side }) => side === "between")).toEqual([]);
    }),
  );
});
