import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { createKeyTest, createTextScrub } from "@neurallog/client/redaction";

import { root } from "../../../tools/root.ts";
import { sentBy } from "../logger/support.ts";

interface Vectors {
  readonly secret_names: readonly string[];
  readonly open_names: readonly string[];
  readonly values: readonly (readonly [object, object])[];
  readonly texts: readonly (readonly [string, string])[];
  readonly pairs_in_texts: readonly (readonly [string, string])[];
}

const { vectors }: { readonly vectors: Vectors } = JSON.parse(
  readFileSync(join(root, "apps/client/redaction.json"), "utf8"),
);
const texts = [...vectors.texts, ...vectors.pairs_in_texts];
const isSecret = createKeyTest();
const scrub = createTextScrub(isSecret);

test.each(vectors.secret_names)("%s is the name of a secret", (name) => {
  expect(isSecret(name)).toBe(true);
});

test.each(vectors.open_names)("%j is no secret's name", (name) => {
  expect(isSecret(name)).toBe(false);
});

test.each(texts)("%j is sent as %j", (text, clean) => {
  expect(scrub(text)).toBe(clean);
  expect(scrub(clean)).toBe(clean);
});

test.each(vectors.values)("%j is sent as %j, whole and inside of others", async (value, clean) => {
  const sent = await sentBy((logger) => logger.child(value).info("m", { deep: [value] }));
  expect(sent.data).toEqual({ ...clean, deep: [clean] });
});

test.each(texts)("%j is logged as %j, as message and as field", async (text, clean) => {
  const sent = await sentBy((logger) => logger.info(text, { text, list: [text] }));
  expect(sent).toMatchObject({ message: clean, data: { text: clean, list: [clean] } });
});
