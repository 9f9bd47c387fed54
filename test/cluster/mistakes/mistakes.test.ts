// What people do by mistake to the repository that the cluster lives by. There are two lines of defence, and each
// mistake is tried at both: merged to main, where `npm run promote` refuses; and pushed past that, to the very ref that
// Argo CD follows.
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { asPlatform, at, connect, type Ref, textAt } from "../support/api.ts";
import { application, refresh, stateOf, synced, uidsOf } from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { installPlatform } from "../support/platform.ts";
import { namespacesOf } from "../support/records.ts";
import {
  closeWorld,
  cure,
  followed,
  healsDefaultDeny,
  merge,
  NEIGHBOUR,
  openWorld,
  OVERLAY,
  promoteMain,
  pushPast,
  seen,
  truncate,
  VICTIM,
  type World,
} from "./world.ts";

const api = connect();
const platform = asPlatform(api);
const ROOT = `${OVERLAY}/tenant-${VICTIM}`;
let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await closeWorld(world);
});

const path = (file: string): string => join(world.repository.root, file);
function edit(file: string, from: string | RegExp, to: string): void {
  const before = readFileSync(path(file), "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} has no ${from}`);
  world.repository.write(file, after);
}
const dropped = (apiVersion: string, kind: string, name: string): void => {
  const text = readFileSync(path(`${ROOT}/patches.yaml`), "utf8")
    .split(/^---\n/m)
    .filter((one) => !(one.includes(`kind: ${kind}\n`) && one.includes(`name: ${name}\n`)))
    .join("---\n");
  const patch = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n$patch: delete\n`;
  world.repository.write(`${ROOT}/patches.yaml`, `${text}---\n${patch}`);
};

const FOREGROUND = {
  apiVersion: "v1",
  kind: "DeleteOptions",
  propagationPolicy: "Foreground",
};

interface Mistake {
  readonly name: string;
  readonly make: () => void;
  /** Codes of what `npm run promote` says of it. */
  readonly refused: readonly string[];
  /** What Argo CD says of the tenant when it gets the mistake all the same. */
  readonly sees: RegExp;
  /** Whether the tenant's own drift is healed then, and its neighbour's. */
  readonly heals: { readonly own: boolean; readonly neighbour: boolean };
}

const GONE = /^Unknown;.*app path does not exist/;
const BROKEN = /^Unknown;.*kustomize build .* failed/s;
const EMPTY = /^OutOfSync;.*auto-sync will wipe out all resources/;
const others = { own: false, neighbour: true };

const mistakes: Mistake[] = [
  {
    name: "a deleted record",
    make: () => world.repository.remove(`tenants/${VICTIM}.yaml`),
    refused: ["record-vanished"],
    sees: /^Synced;/,
    heals: { own: true, neighbour: true },
  },
  {
    name: "a deleted record, and its overlay with it",
    make: () => {
      world.repository.remove(`tenants/${VICTIM}.yaml`);
      world.repository.remove(OVERLAY);
    },
    refused: ["record-vanished"],
    sees: GONE,
    heals: others,
  },
  {
    name: "a record that was renamed",
    make: () => {
      renameSync(path(`tenants/${VICTIM}.yaml`), path("tenants/renamed.yaml"));
      edit("tenants/renamed.yaml", `id: ${VICTIM}`, "id: renamed");
      world.repository.remove(OVERLAY);
    },
    refused: ["record-vanished"],
    sees: GONE,
    heals: others,
  },
  {
    name: "an empty directory in an overlay's place",
    make: () => {
      world.repository.remove(OVERLAY);
      world.repository.write(`${OVERLAY}/.gitkeep`, "");
    },
    refused: ["build-reference", "drift-extra", "drift-missing"],
    sees: EMPTY,
    heals: others,
  },
  {
    name: "git rm -r of all tenants' overlays",
    make: () => world.repository.remove("overlays/home/tenants"),
    refused: ["drift-missing"],
    sees: GONE,
    heals: { own: false, neighbour: false },
  },
  {
    name: "git rm -r overlays",
    make: () => world.repository.remove("overlays"),
    refused: ["unknown-reference"],
    sees: GONE,
    heals: { own: false, neighbour: false },
  },
  {
    name: "a half-written kustomization",
    make: () => truncate(world, `${ROOT}/kustomization.yaml`),
    refused: ["build-reference", "drift-differs"],
    sees: BROKEN,
    heals: others,
  },
  {
    name: "half-written patches",
    make: () => truncate(world, `${ROOT}/patches.yaml`),
    refused: ["build-failed", "drift-differs"],
    sees: BROKEN,
    heals: others,
  },
  {
    name: "an empty kustomization",
    make: () => world.repository.write(`${OVERLAY}/kustomization.yaml`, ""),
    refused: ["build-reference", "drift-differs"],
    sees: BROKEN,
    heals: others,
  },
  {
    name: "a kustomization of nothing",
    make: () => world.repository.write(`${OVERLAY}/kustomization.yaml`, "resources: []\n"),
    refused: ["build-reference", "drift-differs"],
    sees: EMPTY,
    heals: others,
  },
  {
    name: "an organization that the kustomization lost",
    make: () =>
      edit(`${OVERLAY}/kustomization.yaml`, new RegExp(`^.*tenant-${VICTIM}-org-web"?\n`, "m"), ""),
    refused: ["drift-differs", "reach-namespace", "reach-not-isolated"],
    sees: /^OutOfSync; successfully synced/,
    heals: { own: true, neighbour: true },
  },
  {
    name: "Redis that the kustomization lost",
    make: () => edit(`${ROOT}/kustomization.yaml`, /^.*bases\/next\/redis"?\n/m, ""),
    refused: ["build-failed", "drift-differs"],
    sees: BROKEN,
    heals: others,
  },
  {
    name: "a StatefulSet that the patches delete",
    make: () => dropped("apps/v1", "StatefulSet", "redis"),
    refused: ["drift-differs", "reach-missing"],
    sees: /^OutOfSync; successfully synced/,
    heals: { own: true, neighbour: true },
  },
  {
    name: "a claim that the patches delete",
    make: () => dropped("v1", "PersistentVolumeClaim", "data-redis-0"),
    refused: ["drift-differs"],
    sees: /^OutOfSync; successfully synced/,
    heals: { own: true, neighbour: true },
  },
  {
    name: "a default-deny that the patches delete",
    make: () => dropped("networking.k8s.io/v1", "NetworkPolicy", "default-deny"),
    refused: ["drift-differs", "reach-not-isolated"],
    sees: /^OutOfSync; successfully synced/,
    // What is not in Git any more is not healed; admission keeps everybody but the platform from deleting it.
    heals: others,
  },
];

/** UIDs of what must outlive everything, of both tenants. */
async function guarded(): Promise<Map<string, string>> {
  const names = [VICTIM, NEIGHBOUR].flatMap((tenant) => Object.values(namespacesOf(tenant)));
  const all = await uidsOf(api, names);
  return new Map(
    [...all].filter(([title]) => /Namespace |Claim |StatefulSet |Quota |default-deny/.test(title)),
  );
}

describe.each(mistakes)("$name", ({ name, make, refused, sees, heals }) => {
  it("merged to main is not promoted: Argo CD keeps what it has, and heals it", async () => {
    make();
    merge(world, name);
    expect(await promoteMain(world)).toEqual(expect.arrayContaining([...refused]));
    expect(followed(world)).toBe(world.good);
    expect(await healsDefaultDeny(VICTIM)).toBe(true);
    expect((await stateOf(api, VICTIM))?.revision).toBe(world.good);
  });

  it("pushed past that costs no namespace, volume, Redis or policy, and the next good commit cures it", async () => {
    const before = await guarded();
    pushPast(world);
    const commit = world.repository.git("rev-parse", "HEAD");
    const words = await seen(VICTIM, commit);
    expect(words).toMatch(sees);
    await seen(NEIGHBOUR, commit);
    expect(await guarded()).toEqual(before);
    expect(await healsDefaultDeny(NEIGHBOUR, heals.neighbour ? undefined : 4_000)).toBe(
      heals.neighbour,
    );
    expect(await healsDefaultDeny(VICTIM, heals.own ? undefined : 4_000)).toBe(heals.own);
    await cure(world);
    const after = await guarded();
    const isDrift = ([title]: [string, string]) => /tenant-\w+\/default-deny/.test(title);
    expect([...after].filter((one) => !isDrift(one))).toEqual(
      [...before].filter((one) => !isDrift(one)),
    );
    expect([...after.keys()]).toEqual([...before.keys()]);
  });
});

describe("what somebody deletes in Argo CD's own namespace:", () => {
  const set: Ref = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationSet",
    metadata: { name: "tenants", namespace: "argocd" },
  };
  const project: Ref = { ...set, kind: "AppProject" };
  const isGone = (ref: Ref) =>
    eventually("it is gone", async () => (await api.get(ref)).status === 404);
  const restore = () => installPlatform(api, "home", { repository: world.repository.url });
  const uid = async (tenant: string) =>
    textAt((await api.get(application(tenant))).body, "metadata", "uid");

  it("the ApplicationSet: Applications stay and go on healing, and a second bootstrap takes them over", async () => {
    const [before, app] = [await guarded(), await uid(VICTIM)];
    expect((await platform.delete(set)).status).toBe(200);
    await isGone(set);
    expect(await uid(VICTIM)).toBe(app);
    expect(at((await api.get(application(VICTIM))).body, "metadata", "deletionTimestamp")).toBe(
      undefined,
    );
    expect(await guarded()).toEqual(before);
    expect(await healsDefaultDeny(VICTIM)).toBe(true);
    await restore();
    world.good = world.repository.push("After the ApplicationSet was deleted");
    for (const tenant of [VICTIM, NEIGHBOUR]) await synced(api, tenant, world.good);
    expect(await uid(VICTIM)).toBe(app);
  });

  it("the ApplicationSet, in the foreground: whatever goes with it, no object of a tenant does", async () => {
    const before = await guarded();
    expect((await platform.delete(set, FOREGROUND)).status).toBe(200);
    await isGone(set);
    expect(await guarded()).toEqual(before);
    await restore();
    world.good = world.repository.push("After the ApplicationSet was deleted in the foreground");
    for (const tenant of [VICTIM, NEIGHBOUR]) await synced(api, tenant, world.good);
    expect(await guarded()).toEqual(before);
    expect(await healsDefaultDeny(VICTIM)).toBe(true);
  });

  it("the AppProject: nothing is deleted and nothing is healed until a second bootstrap", async () => {
    const before = await guarded();
    expect((await platform.delete(project)).status).toBe(200);
    await refresh(api, VICTIM);
    const words = await eventually("Argo CD misses it", async () => {
      const conditions = (await stateOf(api, VICTIM))?.conditions.join("; ") ?? "";
      return conditions.includes("project") && conditions;
    });
    expect(words).toMatch(/project tenants which does not exist|not found/);
    expect(await guarded()).toEqual(before);
    expect(await healsDefaultDeny(VICTIM, 4_000)).toBe(false);
    await restore();
    world.good = world.repository.push("After the AppProject was deleted");
    for (const tenant of [VICTIM, NEIGHBOUR]) await synced(api, tenant, world.good);
    expect((await guarded()).size).toBe(before.size);
  });

  it("an Application, in the foreground: its objects stay", async () => {
    const [before, app] = [await guarded(), await uid(VICTIM)];
    const answer = await platform.delete(application(VICTIM), FOREGROUND);
    expect(answer.status).toBe(200);
    await eventually("it is gone", async () => (await uid(VICTIM)) !== app);
    expect(await guarded()).toEqual(before);
  });
});
