import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { root } from "./checkout.ts";

const names = z.record(z.string(), z.string()).default({});
const manifest = z.object({
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
});

it("docs/dependencies.md has each package that a package.json names, and no other", () => {
  const apps = readdirSync(join(root, "apps")).map((name) => `apps/${name}`);
  const used = ["", "generator", "local", "operate", ...apps]
    .map((folder) => join(root, folder, "package.json"))
    .filter((file) => existsSync(file))
    .map((file) => manifest.parse(JSON.parse(readFileSync(file, "utf8"))))
    .flatMap((each) => Object.keys(Object.assign({}, ...Object.values(each))))
    .filter((name) => !name.startsWith("@neurallog/"));
  const page = readFileSync(join(root, "docs/dependencies.md"), "utf8");
  const listed = [...page.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  );
  expect(listed.toSorted()).toEqual([...new Set(used)].toSorted());
});
