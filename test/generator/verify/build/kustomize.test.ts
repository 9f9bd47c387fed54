import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { kustomizeBuild } from "../../../../generator/verify/build/kustomize.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-kustomize-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program in kustomize's place. */
function program(script: string): string {
  const path = join(folder, "kustomize");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

it("gives what the program writes, or what it says is wrong", async () => {
  expect(await kustomizeBuild(program('echo "$@"'), folder, "overlay")).toEqual({
    text: "build overlay\n",
  });
  expect(await kustomizeBuild(program("echo no base >&2; exit 1"), folder, "overlay")).toEqual({
    problem: "no base",
  });
});

it("ends a build that hangs, and says so", async () => {
  expect(await kustomizeBuild(program("exec sleep 1000"), folder, "overlay", 200)).toEqual({
    problem: "kustomize was not done after 0.2 s",
  });
});
