import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
} from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { withLock } from "../lock.mjs";
import { onPath, thisMachine, type Machine } from "../machine.ts";
import { goPlatform } from "../manifests/pins.ts";
import { ToolError } from "../say.ts";
import { writeAssets } from "./assets.ts";
import { goBuild } from "./go-build.ts";
import { goMod, goSum, pinned, PROGRAMS } from "./pins.ts";

/** What was built: a folder of programs, and beside it what they need offline. */
export interface Binaries {
  /** Each of PROGRAMS by its name there. */
  bin: string;
  /** What assets.ts writes. */
  assets: string;
}

/** Everything that decides what comes out; a change of any makes another folder. */
const INPUTS = ["binaries.ts", "go-build.ts", "assets.ts", "pins.ts"].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

function foldersOf(machine: Machine): { all: string; own: string } {
  const hash = createHash("sha256");
  for (const file of [goMod, goSum, ...INPUTS]) hash.update(readFileSync(file));
  const all = join(machine.cache, "cluster");
  return { all, own: join(all, `${hash.digest("hex").slice(0, 16)}-${goPlatform()}`) };
}

/** Only whole folders ever stand there, so that presence is proof enough. */
function fromCache(machine: Machine): Binaries | undefined {
  const { own } = foldersOf(machine);
  if (!existsSync(own)) return undefined;
  utimesSync(own, new Date(), new Date());
  return { bin: join(own, "bin"), assets: join(own, "assets") };
}

/**
 * The control plane, fake nodes and Argo CD of tools/cluster/go.mod, built once into the user's cache
 * folder: ten minutes with everything still to be downloaded, half a minute with Go's own caches warm.
 * @throws ToolError where Go is missing or could not build them
 */
export async function findBinaries(machine: Machine = thisMachine()): Promise<Binaries> {
  const here = fromCache(machine);
  if (here !== undefined) return here;
  const [go] = onPath("go", machine.path);
  if (go === undefined) throw new ToolError("Go is not installed (https://go.dev/dl)");
  return await withLock(
    join(machine.cache, "cluster.lock"),
    async () => fromCache(machine) ?? (await build(machine, go)),
    (pid) => machine.say(`waiting for process ${pid}, which builds the control plane ...`),
  );
}

async function build(machine: Machine, go: string): Promise<Binaries> {
  const { all, own } = foldersOf(machine);
  mkdirSync(all, { recursive: true });
  const work = mkdtempSync(join(all, ".build-"));
  try {
    machine.say("building a control plane and Argo CD with Go (up to ten minutes, once) ...");
    const started = Date.now();
    // A copy in a folder of its own: no go.work or vendor folder above can have a say.
    copyFileSync(goMod, join(work, "go.mod"));
    copyFileSync(goSum, join(work, "go.sum"));
    const out = join(work, "out");
    await goBuild(go, ["tool"], { work, into: join(out, "bin"), link: versions(), machine });
    for (const [name, built] of Object.entries(PROGRAMS)) {
      await rename(join(out, "bin", built), join(out, "bin", name));
    }
    await writeAssets(go, { work, out, machine });
    await rename(out, own);
    machine.say(`built in ${((Date.now() - started) / 1000).toFixed(0)} s, kept in ${own}`);
    await prune(all, own);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return { bin: join(own, "bin"), assets: join(own, "assets") };
}

/** How long what an older checkout built is kept after its last use, in ms: two checkouts take turns. */
const KEPT_MS = 24 * 3600_000;

/** 0.7 GB each: what nobody used for a day goes, and what a killed build left. */
async function prune(all: string, kept: string): Promise<void> {
  for (const name of readdirSync(all)) {
    const folder = join(all, name);
    const age = Date.now() - statSync(folder).mtimeMs;
    const isLeft = name.startsWith(".build-") || age > KEPT_MS;
    if (folder !== kept && isLeft) await rm(folder, { recursive: true, force: true });
  }
}

/** What the linker tells the programs about their versions: an API server without one calls itself 0.0. */
function versions(): string {
  const version = pinned("k8s.io/kubernetes");
  const [major, minor] = version.slice(1).split(".");
  const kubernetes = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap(
    (path) => [
      `-X ${path}.gitVersion=${version}`,
      `-X ${path}.gitMajor=${major}`,
      `-X ${path}.gitMinor=${minor}`,
    ],
  );
  const argo = pinned("github.com/argoproj/argo-cd/v3").slice(1);
  const argoVersion = `-X github.com/argoproj/argo-cd/v3/common.version=${argo}`;
  return ["-s", "-w", ...kubernetes, argoVersion].join(" ");
}
