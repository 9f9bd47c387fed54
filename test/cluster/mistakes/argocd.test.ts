// What somebody deletes in Argo CD's own namespace.
import { afterAll, beforeAll, expect, it } from "vitest";

import { asPlatform, at, connect, type Ref, textAt } from "../support/api.ts";
import { application, refresh, stateOf, synced } from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { installPlatform } from "../support/platform.ts";
import { UNHEALED_MS } from "./lines.ts";
import {
  closeWorld,
  everyone,
  guarded,
  healsDefaultDeny,
  OPENING_MS,
  openWorld,
  settle,
  type World,
} from "./world.ts";

const VICTIM = "mistaken";
const api = connect();
const platform = asPlatform(api);
let world: World;

beforeAll(async () => {
  world = await openWorld(VICTIM);
}, OPENING_MS);
afterAll(async () => {
  await closeWorld(world);
});

const FOREGROUND = {
  apiVersion: "v1",
  kind: "DeleteOptions",
  propagationPolicy: "Foreground",
};
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
  const [before, app] = [await guarded(world), await uid(VICTIM)];
  expect((await platform.delete(set)).status).toBe(200);
  await isGone(set);
  expect(await uid(VICTIM)).toBe(app);
  expect(at((await api.get(application(VICTIM))).body, "metadata", "deletionTimestamp")).toBe(
    undefined,
  );
  expect(await guarded(world)).toEqual(before);
  expect(await healsDefaultDeny(VICTIM)).toBe(true);
  await restore();
  await settle(world, "After the ApplicationSet was deleted");
  expect(await uid(VICTIM)).toBe(app);
});

it("an Application, once the ApplicationSet is another one than made it: it is made anew, its objects stay", async () => {
  const before = await guarded(world);
  await deletedAndAnew();
  expect(await guarded(world)).toEqual(before);
});

it("the ApplicationSet, in the foreground: whatever goes with it, no object of a tenant does", async () => {
  const before = await guarded(world);
  expect((await platform.delete(set, FOREGROUND)).status).toBe(200);
  await isGone(set);
  expect(await guarded(world)).toEqual(before);
  await restore();
  await settle(world, "After the ApplicationSet was deleted in the foreground");
  expect(await guarded(world)).toEqual(before);
  expect(await healsDefaultDeny(VICTIM)).toBe(true);
});

it("the AppProject: nothing is deleted and nothing is healed until a second bootstrap and a refresh", async () => {
  const before = await guarded(world);
  expect((await platform.delete(project)).status).toBe(200);
  await refresh(api, ...world.tenants);
  const words = await everyone(world.tenants, (tenant) =>
    eventually("Argo CD misses it", async () => {
      const conditions = (await stateOf(api, tenant))?.conditions.join("; ") ?? "";
      return conditions.includes("project") && conditions;
    }),
  );
  for (const each of words) expect(each).toContain("project tenants which does not exist");
  expect(await guarded(world)).toEqual(before);
  const unhealed = await everyone(world.tenants, (tenant) => healsDefaultDeny(tenant, UNHEALED_MS));
  expect(unhealed).toEqual(world.tenants.map(() => false));
  await restore();
  // The bootstrap alone does not make Argo CD look again at Applications that it gave up on.
  await refresh(api, ...world.tenants);
  const healed = await everyone(world.tenants, (tenant) => healsDefaultDeny(tenant));
  expect(healed).toEqual(world.tenants.map(() => true));
  await settle(world, "After the AppProject was deleted");
  expect([...(await guarded(world)).keys()]).toEqual([...before.keys()]);
});

// The ApplicationSet's controller then takes off what holds it, and may keep it in its cache for ever: it makes no other.
it("an Application, in the foreground: its objects stay, whether another one is made or not", async () => {
  const [before, was] = [await guarded(world), await uid(VICTIM)];
  expect((await platform.delete(application(VICTIM), FOREGROUND)).status).toBe(200);
  await eventually("it is gone", async () => (await uid(VICTIM)) !== was);
  expect(await guarded(world)).toEqual(before);
});

/** Deletes an Application, and waits until another one of its name has its objects. */
async function deletedAndAnew(): Promise<void> {
  const was = await uid(VICTIM);
  expect(was).toBeDefined();
  expect((await platform.delete(application(VICTIM))).status).toBe(200);
  await eventually("there is another one", async () => {
    const now = await uid(VICTIM);
    return now !== undefined && now !== was;
  });
  await synced(api, VICTIM, world.good);
}
