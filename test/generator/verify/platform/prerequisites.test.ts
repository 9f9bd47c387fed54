import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { afterAll, describe, expect, it } from "vitest";
import { readPrerequisites } from "../../../../generator/record/read.ts";
import { root } from "../../../../tools/root.ts";
import { foundWithPrerequisites } from "./fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "neurallog-asked-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (cluster: string) => `overlays/${cluster}/platform/prerequisites.yaml`;
const committed = (cluster: string) => readFileSync(join(root, path(cluster)), "utf8");

function foundAfter(change: (text: string) => string): string[] {
  const text = change(committed("home"));
  expect(text).not.toBe(committed("home"));
  const file = join(folder, "prerequisites.yaml");
  writeFileSync(file, text);
  return foundWithPrerequisites("home", file);
}

describe("a cluster's prerequisites", () => {
  it.each<[string, (text: string) => string, string]>([
    [
      "a kind of the platform",
      (text) => text.replace("kind: EnvoyProxy", "kind: OtherProxy"),
      "does not ask for EnvoyProxy of gateway.envoyproxy.io, which is applied",
    ],
    [
      "a kind of tenants",
      (text) => text.replace("kind: HTTPRoute", "kind: OtherRoute"),
      "does not ask for HTTPRoute of gateway.networking.k8s.io, which is applied",
    ],
    [
      "the version that is applied",
      (text) =>
        text.replace(
          "kind: Certificate\n    versions: [v1]",
          "kind: Certificate\n    versions: [v2]",
        ),
      "does not ask for v1 of Certificate of cert-manager.io",
    ],
    [
      "the record's storage classes",
      (text) =>
        text.replace("local-retain, reclaimPolicy: Retain", "local-retain, reclaimPolicy: Delete"),
      "asks for other storage classes than the cluster's record: local-retain (Retain), local-scratch (Delete), nfs-retain (Retain)",
    ],
    [
      "the record's Kubernetes",
      (text) => text.replace('minimum: "1.34"', 'minimum: "1.37"'),
      "asks for kubernetes 1.37, but the cluster's record has 1.36",
    ],
    [
      "a field that there is",
      (text) => text.replace("policyEngine:", "policyMotor:"),
      "unknown key 'policyMotor' (line",
    ],
  ])("are found not to ask for %s", (_case, change, reason) => {
    const findings = foundAfter(change);
    expect(findings[0]).toContain(`platform-prerequisite: ${path("home")} `);
    expect(findings.join("\n")).toContain(reason);
  });

  it.each(["home", "cloud"])("of %s ask for Argo CD's settings as they are set", (cluster) => {
    const file = join(root, "bases/platform/argocd/settings.yaml");
    const set = new Map(
      parseAllDocuments(readFileSync(file, "utf8")).flatMap((document) => {
        const { metadata, data }: { metadata: { name: string }; data: Record<string, string> } =
          document.toJS();
        return Object.entries(data).map(([key, value]) => [`${metadata.name} ${key}`, value]);
      }),
    );
    const asked = readPrerequisites(path(cluster), committed(cluster)).sourced?.record.argocd;
    expect(asked?.settings.length).toBeGreaterThan(0);
    for (const { configMap, key, value } of asked?.settings ?? []) {
      expect([key, set.get(`${configMap} ${key}`)]).toEqual([key, value]);
    }
  });
});
