import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { onPath, type Machine } from "../machine.ts";
import { runProgram } from "../process.ts";
import { goMod, goPlatform, goSum, pinnedVersion } from "./pins.ts";

/** Where the built tools belong: another go.mod or go.sum is another folder. */
export function buildFolder(machine: Machine): string {
  const hash = createHash("sha256").update(readFileSync(goMod)).update(readFileSync(goSum));
  return join(machine.cache, "tools", `${hash.digest("hex").slice(0, 16)}-${goPlatform()}`);
}

/**
 * Builds all tools of tools/go.mod with Go, whose go.sum pins every byte of source.
 * @returns why it could not be done; undefined when it was
 */
export async function buildWithGo(machine: Machine): Promise<string | undefined> {
  const [go] = onPath("go", machine.path);
  if (go === undefined) return "Go is not installed";
  const folder = buildFolder(machine);
  mkdirSync(join(machine.cache, "tools"), { recursive: true });
  const work = mkdtempSync(join(machine.cache, "tools", ".build-"));
  try {
    machine.say("building kustomize and kubeconform with Go (a minute or two, once) ...");
    const started = Date.now();
    // A copy in a folder of its own: no go.work or vendor folder above can have a say.
    copyFileSync(goMod, join(work, "go.mod"));
    copyFileSync(goSum, join(work, "go.sum"));
    // kubeconform learns its version from the linker; kustomize has no such variable.
    const link = `-s -w -X main.version=${pinnedVersion("kubeconform")}`;
    const flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", link];
    const build = await runProgram(go, ["build", ...flags, "-o", join(work, "out/"), "tool"], {
      cwd: work,
      env: { ...process.env, GOWORK: "off", CGO_ENABLED: "0", GOFLAGS: "" },
    });
    if (build.code !== 0) return `Go could not build them: ${build.stderr.trim()}`;
    await rm(folder, { recursive: true, force: true });
    renameSync(join(work, "out"), folder);
    machine.say(`built in ${((Date.now() - started) / 1000).toFixed(0)} s`);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
