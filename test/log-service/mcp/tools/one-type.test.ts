import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";

import { withOneType } from "../../../../apps/log-service/src/mcp/tools/one-type.ts";

test("a list of types becomes a choice between them, at any depth", () => {
  expect(
    withOneType({
      type: "object",
      properties: {
        at: { type: ["string", "null"], description: "when" },
        all: { type: "array", items: { type: ["string", "number"] } },
      },
    }),
  ).toEqual({
    type: "object",
    properties: {
      at: { anyOf: [{ type: "string" }, { type: "null" }], description: "when" },
      all: { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
    },
  });
});

test("a property that is called type stays one", () => {
  const schema = { type: "object", properties: { type: { type: "string" } }, required: ["type"] };
  expect(withOneType(schema)).toEqual(schema);
});

test("property: the same values are valid", () => {
  const type = fc.constantFrom("string", "number", "boolean", "null");
  const schemas = fc.record(
    { type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1 })), maxLength: fc.nat(3) },
    { requiredKeys: ["type"] },
  );
  const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const ajv = new Ajv({ strict: false });
  fc.assert(
    fc.property(schemas, values, (schema, value) => {
      expect(ajv.validate(withOneType(schema), value)).toBe(ajv.validate(schema, value));
    }),
  );
});
