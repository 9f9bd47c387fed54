import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { loadAll } from "js-yaml";
import { parseDocument } from "yaml";

import { generate } from "../../../generator/write/generate.ts";
import { isManifest, titleOf, type Manifest } from "../../../tools/cluster/api/object.ts";
import { reference } from "../../../tools/cluster/node/images.ts";
import { runProgram } from "../../../tools/process.ts";
import { root } from "../../../tools/root.ts";
import { here } from "./here.ts";

export const tenant = "acme";
const overlay = join("overlays/home/tenants", tenant);

/** A copy of the repository's records and bases, whose cluster has this machine's images: generated anew. */
export function copyWithLocalImages(): string {
  const copy = join(here.folder, "repository");
  for (const name of ["tenants", "bases", "overlays"]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  const file = join(copy, "overlays/home/cluster.yaml");
  const record = parseDocument(readFileSync(file, "utf8"));
  const { logService, redis, redisExporter } = here.images;
  for (const [name, image] of Object.entries({ logService, redis, redisExporter })) {
    record.setIn(["channels", "stable", "images", name], reference(image));
  }
  writeFileSync(file, record.toString());
  const { problems } = generate(copy);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return copy;
}

/** What kustomize makes of the tenant's overlay in a repository. */
export async function rendered(repository: string): Promise<Manifest[]> {
  return await build(join(repository, overlay));
}

export async function build(folder: string): Promise<Manifest[]> {
  const kustomize = join(here.bin, "kustomize");
  const { code, stdout, stderr } = await runProgram(kustomize, ["build", folder]);
  if (code !== 0) throw new Error(stderr);
  return loadAll(stdout).filter((each) => isManifest(each));
}

/** One field that is not the same in two renderings. */
export interface Difference {
  readonly object: string;
  readonly field: string;
  readonly committed: string;
  readonly tested: string;
}

/** Every field that differs, by its path: `spec.template.spec.containers[0].image`. */
export function differences(committed: Manifest[], tested: Manifest[]): Difference[] {
  const key = (manifest: Manifest) => titleOf(manifest);
  const before = new Map(committed.map((each) => [key(each), fields(each)]));
  const after = new Map(tested.map((each) => [key(each), fields(each)]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((object) => {
    const old = before.get(object) ?? new Map<string, string>();
    const now = after.get(object) ?? new Map<string, string>();
    return [...new Set([...old.keys(), ...now.keys()])]
      .filter((field) => old.get(field) !== now.get(field))
      .map((field) => ({
        object,
        field,
        committed: old.get(field) ?? "nothing",
        tested: now.get(field) ?? "nothing",
      }));
  });
}

function fields(value: unknown, path = "", found = new Map<string, string>()) {
  if (typeof value !== "object" || value === null) found.set(path, JSON.stringify(value));
  else if (Array.isArray(value)) {
    value.forEach((each, index) => void fields(each, `${path}[${index}]`, found));
  } else {
    for (const [name, each] of Object.entries(value)) {
      fields(each, path === "" ? name : `${path}.${name}`, found);
    }
  }
  return found;
}
