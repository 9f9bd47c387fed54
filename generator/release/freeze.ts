import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NEXT, SEAL, sealText, walk, type Report } from "./frozen.ts";

/** Short enough for a path and a label, and nothing that a shell, YAML or a path could take for something else. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const RESERVED: ReadonlySet<string> = new Set([NEXT, "platform"]);

/** `bases/next` -> `bases/<name>`, sealed. Returns how many files it has, or undefined where it reported why not. */
export function freeze(root: string, name: string, report: Report): number | undefined {
  if (!NAME.test(name) || RESERVED.has(name)) {
    const reason = RESERVED.has(name)
      ? "it is taken"
      : "a release's name is lower-case letters, digits and '-', 40 at most: r4 or 2026-12";
    report("release-name", { release: name, reason });
    return undefined;
  }
  const target = join(root, "bases", name);
  if (existsSync(target)) {
    report("release-exists", { release: name });
    return undefined;
  }
  const { files, others } = walk(join(root, "bases", NEXT));
  if (files.size === 0 || others.length > 0) {
    report("release-source", {
      reason: files.size === 0 ? "it holds no file" : `${others[0]} is no plain file`,
    });
    return undefined;
  }
  // Whole or not at all: a kill leaves nothing that looks like a release.
  const staging = join(root, ".neurallog/staging", `release-${process.pid}`);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(join(root, ".neurallog/staging"), { recursive: true });
  try {
    cpSync(join(root, "bases", NEXT), staging, { recursive: true });
    writeFileSync(join(staging, SEAL), sealText(root, NEXT));
    renameSync(staging, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return files.size;
}
