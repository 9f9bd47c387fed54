import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { defaultTexts } from "../../../generator/reference/defaults.ts";
import { listFields } from "../../../generator/reference/fields.ts";
import { referenceFiles } from "../../../generator/reference/files.ts";
import { jsonSchemas } from "../../../generator/reference/json-schema.ts";

const root = new URL("../../../", import.meta.url);

test.each([...referenceFiles()])("%s is what the schemas give: npm run schema", (path, text) => {
  expect(readFileSync(new URL(path, root), "utf8")).toBe(text);
});

test("every field says what it means", () => {
  const { tenant, cluster } = jsonSchemas();
  const silent = [...listFields(tenant), ...listFields(cluster)].filter(
    ({ description }) => description === "",
  );
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test("every field that may be left out says what it then comes to, and no other field does", () => {
  const fields = listFields(jsonSchemas().tenant);
  const paths = fields.map(({ path }) => path);
  const isParent = (path: string): boolean =>
    paths.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`));
  const defaults = defaultTexts();
  const missing = fields.filter(
    ({ path, required }) => !required && !isParent(path) && !defaults.has(path),
  );
  expect(missing.map(({ path }) => path)).toEqual([]);
  expect([...defaults.keys()].filter((path) => !paths.includes(path))).toEqual([]);
});
