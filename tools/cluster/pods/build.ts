import { createHash } from "node:crypto";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { withLock } from "../../lock.mjs";
import { onPath, type Machine } from "../../machine.ts";
import { goPlatform } from "../../manifests/pins.ts";
import { ToolError } from "../../say.ts";
import { goBuild } from "../go-build.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const inputs = ["go.mod", "go.sum", join("pause", "main.go"), "build.ts"];

/** Static programs for images of their own. */
export interface PodPrograms {
  coredns: string;
  pause: string;
}

/**
 * CoreDNS and `pause`, built with Go into the user's cache folder: two minutes once, by go.sum's bytes.
 * @throws ToolError where Go is missing or could not build them
 */
export async function findPodPrograms(machine: Machine): Promise<PodPrograms> {
  const hash = createHash("sha256");
  for (const name of inputs) hash.update(readFileSync(here(name)));
  const all = join(machine.cache, "pods");
  const own = join(all, `${hash.digest("hex").slice(0, 16)}-${goPlatform()}`);
  const programs = { coredns: join(own, "coredns"), pause: join(own, "pause") };
  if (existsSync(own)) return programs;
  const [go] = onPath("go", machine.path);
  if (go === undefined) throw new ToolError("Go is not installed (https://go.dev/dl)");
  await withLock(
    join(machine.cache, "pods.lock"),
    async () => {
      if (!existsSync(own)) await build(machine, go, all, own);
    },
    (pid) => machine.say(`waiting for process ${pid}, which builds CoreDNS ...`),
  );
  return programs;
}

async function build(machine: Machine, go: string, all: string, own: string): Promise<void> {
  // What an older checkout built, and what a killed build left.
  await rm(all, { recursive: true, force: true });
  mkdirSync(all, { recursive: true });
  const work = mkdtempSync(join(all, ".build-"));
  machine.say("building CoreDNS with Go (two minutes, once) ...");
  // A copy in a folder of its own: no go.work or vendor folder above can have a say.
  for (const name of ["go.mod", "go.sum"]) copyFileSync(here(name), join(work, name));
  cpSync(here("pause"), join(work, "pause"), { recursive: true });
  const into = join(work, "out");
  await goBuild(go, ["tool", "./pause"], { work, into, link: "-s -w", machine });
  await rename(into, own);
  await rm(work, { recursive: true, force: true });
}
