import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { runProgram } from "../../../tools/process.ts";
import { root as project } from "../../../tools/root.ts";
import {
  asMember,
  asPlatform,
  at,
  connect,
  expectOk,
  type Ref,
  textAt,
  titleOf,
} from "../support/api.ts";
import { clusters } from "../support/overlays.ts";
import { platformObjects } from "../support/platform.ts";

const api = connect();

/** As docs/bootstrap.md has it, the kubectl of the cluster's version. */
async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram("kubectl", args, { timeout: 110_000 });
  expect(code, `kubectl ${args.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
}

/** The repository's platform, whose Argo CD looks for its tenants where there are none. */
const folder = mkdtempSync(join(tmpdir(), "neurallog-bootstrap-"));
for (const part of ["bases/platform", ...clusters().map((name) => `overlays/${name}/platform`)]) {
  cpSync(join(project, part), join(folder, part), { recursive: true });
}
for (const cluster of clusters()) {
  const file = join(folder, `overlays/${cluster}/platform/argocd/repository.yaml`);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replaceAll(/https:\/\/\S+/g, `file://${folder}/nowhere.git`));
}
const overlay = (cluster: string): string => join(folder, "overlays", cluster, "platform");

const SET: Ref = {
  apiVersion: "argoproj.io/v1alpha1",
  kind: "ApplicationSet",
  metadata: { name: "tenants", namespace: "argocd" },
};
const LIST: Ref = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "offboarded", namespace: "neurallog-system" },
};

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await asPlatform(api).patch(LIST, { data: { "bootstrap-gone": null } });
  await api.patch(SET, { metadata: { finalizers: null } });
  await api.delete(SET);
});

/** Each object's title with the version of what is written in it, its status apart. */
async function versions(cluster: string): Promise<string[]> {
  const objects = await platformObjects(cluster);
  return await Promise.all(
    objects.map(async (object) => {
      const { status, body } = await api.get(object);
      expect([titleOf(object), status]).toEqual([titleOf(object), 200]);
      const metadata = at(body, "metadata");
      const written = at(metadata, "generation") ?? at(metadata, "resourceVersion");
      // A quota's version changes with what is counted.
      const version = object.kind === "ResourceQuota" ? JSON.stringify(at(body, "spec")) : written;
      return `${titleOf(object)} ${String(version)}`;
    }),
  );
}

// An apply of a hundred objects takes seconds: each counts for as many promises as it can.
describe.each(clusters())("the bootstrap of %s", (cluster) => {
  const receipt = '{"id":"bootstrap-gone"}';
  let before: string[];
  let said: string;
  beforeAll(async () => {
    await kubectl("apply", "-k", overlay(cluster));
    const answer = await asPlatform(api).patch(LIST, { data: { "bootstrap-gone": receipt } });
    expectOk("write a receipt", answer);
    before = await versions(cluster);
    said = await kubectl("apply", "-k", overlay(cluster));
  });

  it("makes everything in one command, and changes nothing when it is given again", async () => {
    expect(said.split("\n").filter((line) => !/ unchanged$|^$/.test(line))).toEqual([]);
    expect(await versions(cluster)).toEqual(before);
    expect(before.length).toBeGreaterThan(50);
  });

  it("forgets no tenant that was removed", async () => {
    expect(textAt((await api.get(LIST)).body, "data", "bootstrap-gone")).toBe(receipt);
  });
});

it("a bootstrap by server-side apply forgets no tenant that was removed either", async () => {
  await asPlatform(api).patch(LIST, { data: { "bootstrap-gone": "{}" } });
  await kubectl("apply", "--server-side", "--force-conflicts", "-k", overlay("home"));
  expect(textAt((await api.get(LIST)).body, "data", "bootstrap-gone")).toBe("{}");
});

it("attack: applies by server, by client and by server again take the list of who left for their own, and empty it", async () => {
  const list = (await platformObjects("home")).find(
    ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === LIST.metadata.name,
  );
  if (list === undefined) throw new Error("the platform has no list");
  // The list itself may not be deleted, so that only a copy can be there for the first time.
  const metadata = { ...list.metadata, name: "bootstrap-copy", namespace: "default" };
  const copy = { ...LIST, metadata: { name: "bootstrap-copy", namespace: "default" } };
  const file = join(folder, "copy.json");
  writeFileSync(file, JSON.stringify({ ...list, metadata }));
  await kubectl("apply", "--server-side", "-f", file);
  await api.patch(copy, { data: { "bootstrap-gone": "{}" } });
  await kubectl("apply", "-f", file);
  await kubectl("apply", "--server-side", "--force-conflicts", "-f", file);
  const { body } = await api.get(copy);
  await api.delete(copy);
  expect(textAt(body, "data", "bootstrap-gone")).toBe("{}");
});

describe("Argo CD's settings", () => {
  const parameters: Ref = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-cmd-params-cm", namespace: "argocd" },
  };

  it("are set beside those that somebody else has set", async () => {
    const theirs = { "server.basehref": "/argocd" };
    expect((await api.patch(parameters, { data: theirs })).status).toBe(200);
    const file = join(folder, "bases/platform/argocd/settings.yaml");
    await kubectl("apply", "--server-side", "--field-manager=neurallog", "-f", file);
    const { body } = await api.get(parameters);
    await api.patch(parameters, { data: { "server.basehref": null } });
    expect(at(body, "data")).toMatchObject({
      ...theirs,
      "applicationsetcontroller.policy": "create-update",
    });
  });
});

describe("a group of people", () => {
  const looking = (path: string) => ({ method: "GET" as const, path });
  const people = asMember(api, "neurallog-platform");

  it.each(["/api/v1/namespaces", "/api/v1/pods", "/apis/argoproj.io/v1alpha1/applications"])(
    "of the platform's may look at %s, and nobody else may",
    async (where) => {
      expect((await people.request(looking(where))).status).toBe(200);
      expect((await asMember(api, "acme-platform").request(looking(where))).status).toBe(403);
    },
  );

  it.each([
    ["every Secret", "/api/v1/secrets"],
    ["every ConfigMap, where tenants may keep what is secret", "/api/v1/configmaps"],
    [
      "a pod of a tenant's, through the API server",
      "/api/v1/namespaces/tenant-a/pods/p:8080/proxy/",
    ],
  ])("attack: of the platform's reads %s", async (_case, where) => {
    expect((await people.request(looking(where))).status).toBe(403);
  });
});
