import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import type { Part } from "../../../tools/cluster/part.ts";
import { type Plane, startPlane } from "../../../tools/cluster/plane.ts";
import { Stopwatch } from "../../../tools/cluster/stopwatch.ts";
import { root } from "../../../tools/root.ts";
import { at, expectOk } from "../support/api.ts";

// A second control plane plays the cluster that a user brings: with a node of its own, and nothing on it.
const node = { apiVersion: "v1", kind: "Node", metadata: { name: "real-0" } };
const folder = mkdtempSync(join(tmpdir(), "brought-"));
const parts: Part[] = [];
let theirs: Plane;

beforeAll(async () => {
  const bin = process.env["NEURALLOG_CLUSTER_BIN"] ?? "";
  const own = join(folder, "plane");
  mkdirSync(own);
  theirs = await startPlane({ bin, folder: own, index: 1, watch: new Stopwatch() }, parts);
  const providerID = "kind://docker/kind/real-0";
  expectOk("a node", await theirs.api.create({ ...node, spec: { providerID } }));
});

afterAll(async () => {
  for (const part of parts.toReversed()) await part.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function beside(...command: string[]) {
  const args = ["--kubeconfig", theirs.kubeconfigs.admin, ...command];
  return spawnSync(process.execPath, [join(root, "tools/cluster/main.ts"), ...args], {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: folder },
  });
}

it("a brought cluster gets what it lacks, our Argo CD and fake nodes, and its own nodes are cordoned meanwhile", async () => {
  const look =
    "kubectl get nodes; kubectl get crd applications.argoproj.io -o name; pgrep -c argocd";
  const { status, stdout, stderr } = beside("sh", "-c", look);
  expect(stderr).toContain("control plane ready");
  expect(status).toBe(0);
  expect(stdout).toMatch(/real-0\s+\S*SchedulingDisabled/);
  expect(stdout).toContain("fake-0");
  expect(stdout).toContain(
    "customresourcedefinition.apiextensions.k8s.io/applications.argoproj.io",
  );
  expect(stdout.trim().split("\n").at(-1)).toBe("3");
});

it("afterwards its nodes take pods again, and the fake ones are gone", async () => {
  const { body } = await theirs.api.get(node);
  expect(at(body, "spec", "unschedulable")).toBeUndefined();
  expect(await theirs.api.items({ apiVersion: "v1", kind: "Node" })).toHaveLength(1);
});

it("one with a tenant on it is refused before anything in it is touched", async () => {
  const tenant = { apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant-acme" } };
  expectOk("a tenant", await theirs.api.create(tenant));
  const { status, stderr, stdout } = beside("--disposable", "echo", "ran");
  expect(status).toBe(1);
  expect(stderr).toContain("tenants are on it: tenant-acme");
  expect(stdout).toBe("");
  expect(at((await theirs.api.get(node)).body, "spec", "unschedulable")).toBeUndefined();
});
