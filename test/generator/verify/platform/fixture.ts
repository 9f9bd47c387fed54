import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Manifest } from "../../../../generator/manifests/manifest.ts";
import { parseManifests } from "../../../../generator/manifests/parse.ts";
import type { ClusterContext } from "../../../../generator/plan/context.ts";
import { loadRepository } from "../../../../generator/plan/load.ts";
import { collector } from "../../../../generator/verify/finding.ts";
import { judgePlatform } from "../../../../generator/verify/platform/judge.ts";
import { root as project } from "../../../../tools/root.ts";
import { kustomizeBuild } from "../../support/build.ts";

export type Body = Record<string, unknown>;

/** A change of one object's body in place, or null to take it away. */
export type Change = ((body: Body) => void) | null;

const clusters = new Map<string, { context: ClusterContext; objects: Manifest[] }>();

beforeAll(async () => {
  for (const context of loadRepository(project).clusters) {
    const objects = await kustomizeBuild(`${project}/overlays/${context.record.name}/platform`);
    clusters.set(context.record.name, { context, objects });
  }
});

/** What is found in a cluster's committed platform after one object was changed, as `code: message`. */
export function found(cluster: string, name: string, change: Change): string[] {
  return judged(cluster, name, change, project);
}

/** The same with another object beside the committed ones. */
export function foundWith(cluster: string, object: Body): string[] {
  return judgedObjects(cluster, (objects) => [...objects, ...parse(object)], project);
}

/** The same of the platform as it is, with another text of prerequisites.yaml. */
export function foundWithPrerequisites(cluster: string, file: string): string[] {
  const root = mkdtempSync(join(tmpdir(), "neurallog-prerequisites-"));
  folders.push(root);
  const path = join(root, `overlays/${cluster}/platform/prerequisites.yaml`);
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(file, path);
  return judgedObjects(cluster, (objects) => objects, root);
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function judged(cluster: string, name: string, change: Change, root: string): string[] {
  return judgedObjects(
    cluster,
    (objects) => {
      const at = objects.findIndex((object) => titleOf(object) === name);
      const object = objects[at];
      if (object === undefined) throw new Error(`the platform of ${cluster} has no ${name}`);
      if (change === null) return objects.toSpliced(at, 1);
      const body = structuredClone(object.body);
      change(body);
      return objects.toSpliced(at, 1, ...parse(body));
    },
    root,
  );
}

function judgedObjects(
  cluster: string,
  edit: (objects: Manifest[]) => Manifest[],
  root: string,
): string[] {
  const known = clusters.get(cluster);
  if (known === undefined) throw new Error(`there is no cluster ${cluster}`);
  const { findings, report } = collector("platform", undefined);
  judgePlatform(root, known.context, edit(known.objects), report);
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

const parse = (body: Body): Manifest[] => parseManifests(JSON.stringify(body));

const titleOf = ({ kind, namespace, name }: Manifest): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;

/** Sets what is at a path like `spec.listeners.0.protocol`; undefined takes it away. */
export function set(path: string, value: unknown): (body: Body) => void {
  return (body) => {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    let holder: object = body;
    for (const step of steps) {
      const next: unknown = Reflect.get(holder, step);
      if (typeof next !== "object" || next === null)
        throw new Error(`there is no ${step} of ${path}`);
      holder = next;
    }
    if (value === undefined) Reflect.deleteProperty(holder, last);
    else Reflect.set(holder, last, value);
  };
}
