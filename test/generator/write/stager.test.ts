import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStager } from "../../../generator/write/stager.ts";

/** More than are written without a thread. */
const MANY = 60;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-stager-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const overlay = (number: number) => ({
  aside: join(folder, String(number)),
  overlay: `overlays/home/tenants/t${number}`,
  files: new Map([
    [`overlays/home/tenants/t${number}/kustomization.yaml`, `top ${number}\n`],
    [`overlays/home/tenants/t${number}/a/b/patches.yaml`, `patch ${number}: "ü"\n`],
  ]),
});

describe("new overlays written aside", () => {
  it("are all there, whole, when finish returns", () => {
    using stager = openStager();
    for (let number = 0; number < MANY; number++) stager.add(overlay(number));
    stager.finish();
    const texts = Array.from({ length: MANY }, (_, number) =>
      readFileSync(join(folder, `${number}/a/b/patches.yaml`), "utf8"),
    );
    expect(texts).toEqual(Array.from({ length: MANY }, (_, n) => `patch ${n}: "ü"\n`));
    expect(readdirSync(folder)).toHaveLength(MANY);
  });

  it("that cannot be written fail by name, the thread's as the first ones", () => {
    for (const number of [1, MANY - 1]) {
      const aside = mkdtempSync(join(folder, "case-"));
      using stager = openStager();
      const stage = (): void => {
        for (let each = 0; each < MANY; each++) {
          const place = each === number ? join(aside, "missing", "place") : join(aside, `${each}`);
          stager.add({ ...overlay(each), aside: place });
        }
        stager.finish();
      };
      expect(stage).toThrow(/ENOENT.*missing\/place/);
    }
  });

  it("are all written before they are given up, so that none comes after they are removed", () => {
    const aside = mkdtempSync(join(folder, "given-up-"));
    {
      using stager = openStager();
      for (let each = 0; each < MANY; each++)
        stager.add({ ...overlay(each), aside: join(aside, `${each}`) });
    }
    expect(readdirSync(aside)).toHaveLength(MANY);
  });

  it("are none when nothing was added", () => {
    using stager = openStager();
    stager.finish();
    mkdirSync(join(folder, "left"));
    expect(readdirSync(folder)).toEqual(["left"]);
  });
});
