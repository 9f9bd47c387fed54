import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { root } from "../../../tools/root.ts";
import {
  type Api,
  at,
  expectOk,
  listAt,
  type Manifest,
  refusalOf,
  textAt,
} from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { build } from "../support/overlays.ts";
import { policiesInForce } from "../support/platform.ts";
import { actors } from "./actors.ts";
import { creates, merges, relabels } from "./attack.ts";
import { attacks } from "./attacks/all.ts";
import { BARE, RBAC, ROOT, WEB } from "./names.ts";
import { container, podWith, ref } from "./objects.ts";

const ADMISSION = "admissionregistration.k8s.io/v1";
const SETTINGS = ref("v1", "ConfigMap", "admission-settings", "neurallog-system");

/** What holds for all policies together, in a world of the cluster `home` that is there. */
export function policySuite(api: Api): void {
  const who = actors(api);
  let policies: Manifest[] = [];
  let settings: Manifest | undefined;

  beforeAll(async () => {
    const objects = await build(join(root, "overlays/home/platform"));
    policies = objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicy");
    settings = objects.find(({ metadata }) => metadata.name === SETTINGS.metadata.name);
  });

  describe("every policy", () => {
    it("has attacks that it stops, and every attack a policy", () => {
      const tried = new Set(
        Object.values(attacks).flatMap((list) => list.map(({ policy }) => policy)),
      );
      const names = policies.map(({ metadata }) => metadata.name?.replace("neurallog-", ""));
      expect([...tried].toSorted()).toEqual(names.toSorted());
    });

    it("fits the kinds that it looks at: the server's own type check warns of none", async () => {
      for (const policy of policies) {
        const body = await eventually(`${policy.metadata.name} was checked`, async () => {
          const answer = await api.get(policy);
          const seen = at(answer.body, "status", "observedGeneration");
          return seen === at(answer.body, "metadata", "generation") ? answer.body : undefined;
        });
        const warnings = listAt(body, "status", "typeChecking", "expressionWarnings");
        expect({ name: policy.metadata.name, warnings }).toEqual({
          name: policy.metadata.name,
          warnings: [],
        });
      }
    });

    it("that the server cannot type-check is noticed so", async () => {
      const name = "neurallog-test-mistyped";
      const policy = {
        ...ref(ADMISSION, "ValidatingAdmissionPolicy", name),
        spec: {
          matchConstraints: {
            resourceRules: [
              { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
            ],
          },
          validations: [{ expression: "object.spec.hostNet == false" }],
        },
      };
      expectOk("create", await api.create(policy));
      try {
        const warned = await eventually("the warning is there", async () => {
          const { body } = await api.get(policy);
          return listAt(body, "status", "typeChecking", "expressionWarnings").length > 0;
        });
        expect(warned).toBe(true);
      } finally {
        await api.delete(policy);
      }
    });
  });

  describe("without the settings", () => {
    const guard = ref(ADMISSION, "ValidatingAdmissionPolicyBinding", "neurallog-settings");
    const refused = "no params found";

    async function settingsSeen(there: boolean): Promise<void> {
      await eventually(`the server ${there ? "has" : "misses"} the settings`, async () => {
        const answer = await creates(ref("v1", "ConfigMap", "probe", BARE))(who.argo);
        return refusalOf(answer).includes(refused) !== there;
      });
    }
    const restored = async (): Promise<void> => {
      if (settings === undefined) throw new Error("the overlay has no settings");
      const answer = await api.apply(settings, { fieldManager: "neurallog-bootstrap" });
      expectOk("put the settings back", answer);
      await settingsSeen(true);
    };

    beforeAll(async () => {
      expectOk("take the guard away", await api.delete(guard));
      await policiesInForce(api);
      expectOk("delete the settings", await api.delete(SETTINGS));
      await settingsSeen(false);
    });
    afterAll(async () => {
      await restored();
      const objects = await build(join(root, "bases/platform/admission"));
      const found = objects.find(
        ({ kind, metadata }) => kind === guard.kind && metadata.name === guard.metadata.name,
      );
      if (found !== undefined) expectOk("put the guard back", await api.apply(found));
      await policiesInForce(api);
    });

    const ofTheSettings = (): string[] =>
      policies
        .filter(({ spec }) => at(spec, "paramKind") !== undefined)
        .map(({ metadata }) => metadata.name ?? "")
        .filter((name) => name !== "neurallog-offboarded");

    // The server names the first policy that refuses, so this is about what passed each of them.
    it("everything that a policy with settings let pass is refused", async () => {
      const names = ofTheSettings();
      const passing: string[] = [];
      for (const { policy, name, twin } of attacks.home) {
        if (!names.includes(`neurallog-${policy}`)) continue;
        const answer = await twin.attempt(who[twin.by]);
        if (!refusalOf(answer).includes(refused)) passing.push(`${name}: ${twin.what}`);
      }
      expect(passing).toEqual([]);
    });

    it("the cluster's own namespaces go on, and the settings can be brought back", async () => {
      const pod = {
        ...podWith("kube-system"),
        metadata: { name: "dns", namespace: "kube-system" },
      };
      expect(refusalOf(await creates(pod)(who.outsider))).toBe("");
      expect(refusalOf(await creates(SETTINGS)(who.outsider))).toBe("");
    });

    it("settings that say nothing let nobody through", async () => {
      expectOk("empty settings", await api.apply({ ...SETTINGS, data: {} }));
      await settingsSeen(true);
      for (const actor of ["argo", "platform", "outsider"] as const) {
        const pod = creates(podWith(BARE))(who[actor]);
        expect(refusalOf(await pod)).toMatch(/no such key/);
      }
    });
  });

  describe("what Kubernetes itself holds", () => {
    it("attack: a namespace's name label is forged: the API server writes it back", async () => {
      const label = "kubernetes.io/metadata.name";
      const forged = { [label]: "kube-system" };
      for (const attempt of [
        merges(ref("v1", "Namespace", ROOT), { metadata: { labels: forged } }),
        merges(ref("v1", "Namespace", ROOT), { metadata: { labels: forged } }, "status"),
        relabels(ref("v1", "Namespace", ROOT), forged, "finalize"),
      ]) {
        const { body } = await attempt(who.argo);
        expect(textAt(body, "metadata", "labels", label) ?? ROOT).toBe(ROOT);
      }
    });

    it.each<[string, object]>([
      ["shares the node's network", { hostNetwork: true }],
      ["sees the node's processes", { hostPID: true }],
      ["mounts the node's files", { volumes: [{ name: "x", hostPath: { path: "/" } }] }],
      [
        "changes the node's network",
        {
          containers: [
            container({
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
              },
            }),
          ],
        },
      ],
      [
        "runs as root",
        {
          securityContext: {
            runAsUser: 0,
            runAsNonRoot: true,
            seccompProfile: { type: "RuntimeDefault" },
          },
        },
      ],
    ])(
      "attack: a pod that %s is refused by Pod Security, whoever makes it",
      async (_what, spec) => {
        for (const actor of ["owner", "outsider", "platform"] as const) {
          const answer = await creates(podWith(WEB, spec))(who[actor]);
          expect(refusalOf(answer)).toContain('violates PodSecurity "restricted:latest"');
        }
      },
    );

    const rights: [string, string, string, string?][] = [
      ["the policies", "admissionregistration.k8s.io", "validatingadmissionpolicies"],
      ["their bindings", "admissionregistration.k8s.io", "validatingadmissionpolicybindings"],
      ["their settings", "", "configmaps", "neurallog-system"],
      ["the AppProject", "argoproj.io", "appprojects", "argocd"],
      ["the ApplicationSet", "argoproj.io", "applicationsets", "argocd"],
      ["Applications", "argoproj.io", "applications", "argocd"],
      ["cluster roles", RBAC, "clusterroles"],
      ["roles of their own", RBAC, "roles", WEB],
      ["nodes", "", "nodes"],
      ["volumes", "", "persistentvolumes"],
      ["priority classes", "scheduling.k8s.io", "priorityclasses"],
    ];
    it.each(rights)(
      "attack: a tenant writes %s: no role lets it",
      async (_what, group, resource, namespace) => {
        for (const actor of ["owner", "program"] as const) {
          for (const verb of ["create", "update", "patch", "delete", "deletecollection"]) {
            const allowed = await who[actor].can(verb, { group, resource }, namespace);
            expect({ actor, verb, allowed }).toEqual({ actor, verb, allowed: false });
          }
        }
      },
    );

    it("attack: a tenant evicts Redis: no role lets it, while whoever drains a node may", async () => {
      const path = `/api/v1/namespaces/${ROOT}/pods/redis-0/eviction?dryRun=All`;
      const body = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "redis-0", namespace: ROOT },
      };
      const evict = (actor: "owner" | "program" | "outsider") =>
        who[actor].request({ method: "POST", path, body });
      expect((await evict("owner")).status).toBe(403);
      expect((await evict("program")).status).toBe(403);
      expect(refusalOf(await evict("outsider"))).not.toContain("ValidatingAdmissionPolicy");
    });
  });
}
