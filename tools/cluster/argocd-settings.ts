import { readFileSync } from "node:fs";
import { join } from "node:path";

import { loadAll } from "js-yaml";

import { root } from "../root.ts";
import { at, isManifest, listAt, type Manifest, textAt } from "./api/object.ts";

/** Argo CD's settings as this repository asks for them: ConfigMaps that are applied over the installed ones. */
export function readSettings(): Manifest[] {
  const text = readFileSync(join(root, "bases/platform/argocd/settings.yaml"), "utf8");
  return loadAll(text).filter((each) => isManifest(each));
}

/**
 * The environment that the installed pods of a program would have from those settings: the
 * installation's own manifests say which key of which ConfigMap becomes which variable.
 */
export function environmentOf(
  program: string,
  installed: readonly Manifest[],
  settings: readonly Manifest[],
): Record<string, string> {
  const workload = installed.find(
    ({ kind, metadata }) =>
      ["Deployment", "StatefulSet"].includes(kind) && metadata.name === program,
  );
  const containers = listAt(workload, "spec", "template", "spec", "containers");
  const variables = containers.flatMap((container) => listAt(container, "env"));
  const found = variables.flatMap((variable): [string, string][] => {
    const name = textAt(variable, "name");
    const ref = at(variable, "valueFrom", "configMapKeyRef");
    const map = settings.find(({ metadata }) => metadata.name === textAt(ref, "name"));
    const value = textAt(map, "data", textAt(ref, "key") ?? "");
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(found);
}
