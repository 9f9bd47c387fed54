import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { runProgram } from "../process.ts";
import { root } from "../root.ts";
import { ToolError } from "../say.ts";

/** Vitest's words for the suites that need a control plane. */
export const CONFIG = ["--config", "test/cluster/vitest.config.ts"];

/** The files that take longest, in that order: whoever begins with one of them at the end has the other lanes wait. */
export const LONGEST = [
  "offboard/offboard",
  "rollout/rollout",
  "mistakes/files",
  "status/status",
  "mistakes/lost",
  "bootstrap/bootstrap",
  "mistakes/contents",
  "admission/home",
  "harness/left-behind",
  "brought/brought",
  "sync/sync",
  "sync/committed",
  "mistakes/argocd",
].map((name) => `test/cluster/${name}.test.ts`);

/** The files that vitest would run with these words, by their names in the repository, the longest first. */
export async function clusterFiles(words: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-list-"));
  const list = join(folder, "files.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  try {
    const { code, stdout, stderr } = await runProgram(
      process.execPath,
      [vitest, "list", "--filesOnly", `--json=${list}`, ...CONFIG, ...words],
      { cwd: root },
    );
    if (code !== 0) throw new ToolError(`vitest cannot tell its files: ${stderr}${stdout}`);
    const found: { file: string }[] = JSON.parse(readFileSync(list, "utf8"));
    return longestFirst(
      found.map(({ file }) => relative(root, file)),
      LONGEST,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same files, the long ones first and in their order. */
export function longestFirst(files: readonly string[], longest: readonly string[]): string[] {
  return [
    ...longest.filter((file) => files.includes(file)),
    ...files.filter((file) => !longest.includes(file)),
  ];
}
