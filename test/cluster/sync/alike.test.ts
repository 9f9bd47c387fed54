import { afterAll, beforeAll, expect, it } from "vitest";

import { asMember, connect, listAt, textAt } from "../support/api.ts";
import { clearTenants, stateOf, synced } from "../support/argo.ts";
import { installPlatform } from "../support/platform.ts";
import { namespacesOf, recordOf } from "../support/records.ts";
import { liveRepository } from "../support/repository.ts";

// Everything alike but the name, and one name the beginning of the other.
const NAMES = ["twin", "twin-b"] as const;
const api = connect();
const repository = liveRepository({
  tenants: Object.fromEntries(NAMES.map((id) => [id, recordOf(id)])),
});

beforeAll(async () => {
  await clearTenants(api);
  repository.generate();
  repository.push("Two tenants");
  await installPlatform(api, "home", { repository: repository.url });
});

afterAll(async () => {
  await clearTenants(api);
  repository[Symbol.dispose]();
});

it.each(NAMES)("%s is Synced", async (id) => {
  const commit = repository.git("rev-parse", "HEAD");
  expect(textAt(await synced(api, id, commit), "status", "sync", "status")).toBe("Synced");
});

it("they share no object", async () => {
  const [one, other] = await Promise.all(
    NAMES.map(async (id) => {
      const state = await stateOf(api, id);
      const resources = listAt(state?.body, "status", "resources");
      return resources.map((each) =>
        ["group", "kind", "namespace", "name"].map((key) => textAt(each, key) ?? "").join("/"),
      );
    }),
  );
  expect(one?.length).toBeGreaterThan(20);
  expect(other?.length).toBe(one?.length);
  expect(one?.filter((each) => other?.includes(each))).toEqual([]);
});

it.each([
  [NAMES[0], NAMES[1]],
  [NAMES[1], NAMES[0]],
])("the owners and the organization of %s see nothing of %s", async (own, foreign) => {
  const owners = asMember(api, `${own}-owners`, `${own}-web`);
  expect(
    (await owners.list({ apiVersion: "v1", kind: "Pod" }, namespacesOf(own).root)).status,
  ).toBe(200);
  for (const namespace of Object.values(namespacesOf(foreign))) {
    for (const resource of ["pods", "configmaps", "secrets", "services"]) {
      expect(await owners.can("list", { resource }, namespace), `${resource} in ${namespace}`).toBe(
        false,
      );
    }
    expect((await owners.get(`/api/v1/namespaces/${namespace}`)).status).toBe(403);
  }
});
