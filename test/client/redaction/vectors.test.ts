import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { createKeyTest, createTextScrub } from "@neurallog/client/redaction";

import { root } from "../../../tools/root.ts";

interface Vectors {
  readonly secret_names: readonly string[];
  readonly open_names: readonly string[];
  readonly texts: readonly (readonly [string, string])[];
}

const { vectors }: { readonly vectors: Vectors } = JSON.parse(
  readFileSync(join(root, "apps/client/redaction.json"), "utf8"),
);
const isSecret = createKeyTest();
const scrub = createTextScrub(isSecret);

test.each(vectors.secret_names)("%s is the name of a secret", (name) => {
  expect(isSecret(name)).toBe(true);
});

test.each(vectors.open_names)("%j is no secret's name", (name) => {
  expect(isSecret(name)).toBe(false);
});

test.each(vectors.texts)("%j is sent as %j", (text, clean) => {
  expect(scrub(text)).toBe(clean);
  expect(scrub(clean)).toBe(clean);
});
