import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseManifests } from "../../../../generator/manifests/parse.ts";
import { groupKind, TENANT_KINDS } from "../../../../generator/verify/build/kinds.ts";
import { root } from "../../../../tools/root.ts";

it("tenants may have exactly the kinds that the bases and their components hold", () => {
  const folder = join(root, "bases/next");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"))
    .filter(({ name }) => name !== "kustomization.yaml")
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  const held = new Set(files.flatMap((text) => parseManifests(text).map(groupKind)));
  const known = TENANT_KINDS.map(({ group, kind }) => `${group}/${kind}`);
  expect([...held].sort()).toEqual(known.toSorted());
});
