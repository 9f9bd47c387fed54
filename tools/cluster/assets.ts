import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { loadAll } from "js-yaml";

import type { Machine } from "../machine.ts";
import { runProgram } from "../process.ts";
import { ToolError } from "../say.ts";
import { goEnvironment } from "./go-build.ts";
import { DEFINITIONS, pinned } from "./pins.ts";

interface Options {
  /** The folder with go.mod and go.sum. */
  work: string;
  /** Has the programs in `bin`; gets `assets`. */
  out: string;
  machine: Pick<Machine, "say">;
}

/**
 * What the programs need and is in their modules' sources: `definitions.json` (custom resources),
 * `argocd.json` (Argo CD's core installation), `stages.yaml` (how fake pods live), and Argo CD's
 * wrapper around git. JSON, since the largest definition takes YAML 100 ms at each start.
 */
export async function writeAssets(go: string, { work, out, machine }: Options): Promise<void> {
  const assets = join(out, "assets");
  mkdirSync(assets, { recursive: true });
  machine.say("collecting definitions from the modules' sources ...");
  const argocd = `github.com/argoproj/argo-cd/v3@${pinned("github.com/argoproj/argo-cd/v3")}`;
  const kwok = `sigs.k8s.io/kwok@${pinned("sigs.k8s.io/kwok")}`;
  const folders = await download(go, work, [argocd, kwok, ...Object.keys(DEFINITIONS)]);
  const folder = (module: string): string => {
    const found = folders.get(module);
    if (found === undefined) throw new ToolError(`go mod download brought no ${module}`);
    return found;
  };
  const definitions = Object.entries(DEFINITIONS).flatMap(([module, files]) =>
    files.flatMap((file) => objectsOf(readFileSync(join(folder(module), file), "utf8"))),
  );
  writeFileSync(join(assets, "definitions.json"), JSON.stringify(definitions));
  const kustomize = join(out, "bin", "kustomize");
  const installed = await built(kustomize, join(folder(argocd), "manifests/core-install"));
  writeFileSync(join(assets, "argocd.json"), JSON.stringify(objectsOf(installed)));
  const stages = await built(kustomize, join(folder(kwok), "kustomize/stage/fast"));
  writeFileSync(join(assets, "stages.yaml"), stages);
  // The repo server runs it for every manifest, signatures on or off, and looks for it on PATH.
  const wrapper = join(out, "bin", "git-verify-wrapper.sh");
  copyFileSync(join(folder(argocd), "hack/git-verify-wrapper.sh"), wrapper);
  chmodSync(wrapper, 0o755);
}

function objectsOf(yaml: string): unknown[] {
  return loadAll(yaml).filter((document) => document !== null && document !== undefined);
}

async function built(kustomize: string, folder: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(kustomize, ["build", folder]);
  if (code !== 0) throw new ToolError(`kustomize could not build ${folder}: ${stderr}`);
  return stdout;
}

/** Fetches modules as they are, `path@version`, and has Go check each against its sum database. */
async function download(
  go: string,
  cwd: string,
  modules: readonly string[],
): Promise<Map<string, string>> {
  const { code, stdout, stderr } = await runProgram(go, ["mod", "download", "-json", ...modules], {
    cwd,
    env: goEnvironment(),
  });
  if (code !== 0) throw new ToolError(`Go could not download them: ${stderr || stdout}`);
  return new Map(
    stdout
      .split(/(?<=^\})\n/m)
      .filter((text) => text.trim() !== "")
      .map((text) => {
        const { Path, Version, Dir }: { Path: string; Version: string; Dir: string } =
          JSON.parse(text);
        return [`${Path}@${Version}`, Dir];
      }),
  );
}
