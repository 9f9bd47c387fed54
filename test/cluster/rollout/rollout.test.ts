import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SLOW_DELETION } from "../../../tools/cluster/fake-nodes.ts";
import {
  asArgo,
  asPlatform,
  at,
  connect,
  expectOk,
  type Manifest,
  textAt,
} from "../support/api.ts";
import { clearTenants, dropTenants } from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { activeTenantsOf, tenantObjects } from "../support/overlays.ts";
import { installPlatform } from "../support/platform.ts";

/** Longer than a rolling update takes to start every new pod, beside other suites too: all the old ones drain at once. */
const DRAIN = "15s";
/** Where each new pod has to wait for an old one to go. */
const SHORT_DRAIN = "6s";
const api = connect();
const argo = asArgo(api);
const platform = asPlatform(api);

beforeAll(async () => {
  await clearTenants(api);
  await installPlatform(api, "home");
});

afterAll(() => dropTenants(api));

const isLogService = ({ kind, metadata }: Manifest): boolean =>
  kind === "Deployment" && metadata.name === "log-service";

/** The overlay as committed, its log service's pods taking their time to go. */
async function apply(
  tenant: string,
  drain: string,
): Promise<{ namespace: string; max: number; pods: number; others: number }> {
  const objects = await tenantObjects("home", tenant);
  for (const object of objects) {
    const annotated = isLogService(object) ? slow(object, drain) : object;
    const answer = await argo.apply(annotated, { fieldManager: "argocd-controller" });
    expectOk(`apply ${object.kind} ${object.metadata.name}`, answer);
  }
  const namespace = `tenant-${tenant}`;
  const ofRoot = (kind: string): Manifest | undefined =>
    objects.find((each) => each.kind === kind && each.metadata.namespace === namespace);
  const max = Number(at(ofRoot("HorizontalPodAutoscaler"), "spec", "maxReplicas"));
  const pods = Number(at(ofRoot("ResourceQuota"), "spec", "hard", "pods"));
  // Redis, and where the record has them the archive and who moves records there.
  const others = objects
    .filter((each) => each.metadata.namespace === namespace && !isLogService(each))
    .filter(({ kind }) => kind === "StatefulSet" || kind === "Deployment")
    .reduce((sum, each) => sum + Number(at(each, "spec", "replicas")), 0);
  return { namespace, max, pods, others };
}

function slow(deployment: Manifest, drain: string): Manifest {
  const copy: Manifest = structuredClone(deployment);
  const metadata = at(copy, "spec", "template", "metadata");
  if (typeof metadata !== "object" || metadata === null) throw new Error("no template");
  const annotations = at(metadata, "annotations");
  Reflect.set(metadata, "annotations", { ...Object(annotations), [SLOW_DELETION]: drain });
  return copy;
}

const deploymentIn = (namespace: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "log-service", namespace },
});

/** Waits until every pod is a ready one of the newest template. */
async function rolledOut(namespace: string, replicas: number): Promise<void> {
  await eventually(`${replicas} new pods in ${namespace}`, async () => {
    const { body } = await api.get(deploymentIn(namespace));
    const status = at(body, "status");
    const counts = ["updatedReplicas", "readyReplicas", "replicas"].map((key) => at(status, key));
    const isSeen = at(status, "observedGeneration") === at(body, "metadata", "generation");
    if (isSeen && counts.every((count) => count === replicas)) return true;
    throw new Error(JSON.stringify(status));
  });
}

/** What the quota refused in a namespace, so far. */
async function refusals(namespace: string): Promise<string[]> {
  const events = await api.items({ apiVersion: "v1", kind: "Event" }, namespace);
  return events
    .filter((each) => textAt(each, "reason") === "FailedCreate")
    .map((each) => textAt(each, "message") ?? "");
}

async function restart(namespace: string, word: string): Promise<void> {
  const template = { metadata: { annotations: { "neurallog.dev/test-restart": word } } };
  expectOk("restart", await platform.patch(deploymentIn(namespace), { spec: { template } }));
}

async function podsIn(namespace: string): Promise<number> {
  const pods = await api.items({ apiVersion: "v1", kind: "Pod" }, namespace);
  return pods.length;
}

/** The most pods that were seen while something else came to its end. */
async function peakUntil(namespace: string, ending: Promise<void>): Promise<number> {
  const state = { peak: 0, ended: false };
  const ended = ending.finally(() => (state.ended = true));
  while (!state.ended) {
    state.peak = Math.max(state.peak, await podsIn(namespace));
    await sleep(50);
  }
  await ended;
  return state.peak;
}

// Side by side: each waits for its own pods.
describe("the tenant", () => {
  it.concurrent.each(activeTenantsOf("home"))(
    "%s rolls out at the autoscaler's maximum, its old pods still draining, within its committed quota",
    async (tenant) => {
      const { namespace, max, pods } = await apply(tenant, DRAIN);
      const autoscaler = {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "log-service", namespace },
      };
      expectOk(
        "raise the minimum",
        await platform.patch(autoscaler, { spec: { minReplicas: max } }),
      );
      await rolledOut(namespace, max);

      await restart(namespace, "within");
      const peak = await peakUntil(namespace, rolledOut(namespace, max));

      expect(await refusals(namespace)).toEqual([]);
      // Old and new ones together: otherwise nothing was proven about draining.
      expect(peak).toBeGreaterThanOrEqual(2 * max);
      expect(peak).toBeLessThanOrEqual(pods);
    },
  );
});

it("the same roll out is refused pods under a quota that counts no draining pod", async () => {
  const tenant = "globex";
  const { namespace, max, others } = await apply(tenant, SHORT_DRAIN);
  await rolledOut(namespace, max);
  // What else runs there, the replicas, and the one that surges.
  const hard = { pods: String(others + max + 1) };
  const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "quota", namespace } };
  expectOk("lower the quota", await platform.patch(quota, { spec: { hard } }));
  await eventually("drained", async () => (await podsIn(namespace)) <= others + max);
  await restart(namespace, "beyond");
  const said = await eventually("a pod is refused", async () => {
    const found = await refusals(namespace);
    return found.length > 0 && found;
  });
  expect(said.join()).toContain("exceeded quota");
  // It is late, not lost.
  await rolledOut(namespace, max);
});
