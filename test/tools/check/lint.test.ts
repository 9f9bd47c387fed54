import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { runProgram } from "../../../tools/process.ts";
import { root } from "../../../tools/root.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-lint-"));
  copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the project's lint says to these files. */
async function lint(files: Record<string, string>): Promise<{ code: number; output: string }> {
  const place = mkdtempSync(join(folder, "files-"));
  mkdirSync(place, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  const { code, stdout } = await runProgram(
    join(root, "node_modules", ".bin", "oxlint"),
    ["--deny-warnings", "-c", join(folder, ".oxlintrc.json"), place],
    { cwd: folder },
  );
  return { code, output: stdout };
}

describe("the lint refuses", () => {
  test("files that import each other", async () => {
    const { code, output } = await lint({
      "a.ts": 'import { b } from "./b.ts";\nexport const a = (): unknown => b;\n',
      "b.ts": 'import { a } from "./a.ts";\nexport const b = (): unknown => a;\n',
    });
    expect(output).toContain("no-cycle");
    expect(code).toBe(1);
  });

  test("files that import each other's types", async () => {
    const { code, output } = await lint({
      "a.ts": 'import type { B } from "./b.ts";\nexport type A = { b?: B };\n',
      "b.ts": 'import type { A } from "./a.ts";\nexport type B = { a?: A };\n',
    });
    expect(output).toContain("no-cycle");
    expect(code).toBe(1);
  });

  test.each([
    ["no-explicit-any", "export const a: any = 1;\n"],
    ["no-non-null-assertion", "export const a = (b?: string): string => b!;\n"],
    ["ban-ts-comment", "// @ts-ignore\nexport const a = 1;\n"],
  ])("%s", async (rule, text) => {
    const { code, output } = await lint({ "a.ts": text });
    expect(output).toContain(rule);
    expect(code).toBe(1);
  });
});

test("the lint passes a sound file", async () => {
  const { code, output } = await lint({ "a.ts": "export const a = 1;\n" });
  expect({ code, output }).toMatchObject({ code: 0 });
});
