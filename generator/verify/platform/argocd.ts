import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import type { ClusterRecord } from "../../record/schema/cluster.ts";
import { TENANT_KINDS } from "../build/kinds.ts";
import type { Report } from "../finding.ts";
import { ANY, differences, field } from "./fields.ts";

const SERVER = "https://kubernetes.default.svc";

/** What CI moves once main as a whole was verified. */
const REVISION = "refs/heads/verified";

/**
 * Reports what lets Argo CD do more for a tenant than its overlay needs, or delete one by accident. The
 * wanted values are spelled out a second time here, so that a change of them takes two files.
 */
export function reportArgocd(
  cluster: ClusterRecord,
  objects: readonly Manifest[],
  report: Report,
): void {
  const [set, ...sets] = ofKind(objects, "ApplicationSet");
  const [project, ...projects] = ofKind(objects, "AppProject");
  if (set === undefined || project === undefined) {
    const missing = set === undefined ? "ApplicationSet" : "AppProject";
    report("platform-argocd", {
      object: `${missing} argocd/tenants`,
      field: "it",
      found: "missing",
      wanted: "there",
    });
    return;
  }
  for (const object of [...sets, ...projects, ...ofKind(objects, "Application")]) {
    report("platform-argocd", {
      object: nameOf(object),
      field: "it",
      found: "there",
      wanted: "the one of each kind called tenants",
    });
  }
  const repository = field(set, "spec.template.spec.source.repoURL");
  judge(project, projectOf(cluster, repository), report);
  judge(set, setOf(cluster, repository), report);
  if (typeof repository !== "string" || !/^(?:https|ssh):\/\/[^*]+$/.test(repository)) {
    report("platform-argocd", {
      object: nameOf(set),
      field: "spec.template.spec.source.repoURL",
      found: JSON.stringify(repository),
      wanted: "the address of one repository",
    });
  }
}

function judge(object: Manifest, wanted: Record<string, unknown>, report: Report): void {
  const { metadata, spec } = object.body;
  const sorted = { metadata, spec: inOrder(spec) };
  for (const { path, ...values } of differences(sorted, wanted, "")) {
    report("platform-argocd", { object: nameOf(object), field: path.slice(1), ...values });
  }
}

/** A project's kinds mean the same in any order. */
function inOrder(spec: unknown): unknown {
  if (typeof spec !== "object" || spec === null) return spec;
  const kinds: unknown = Reflect.get(spec, "namespaceResourceWhitelist");
  if (!Array.isArray(kinds)) return spec;
  return { ...spec, namespaceResourceWhitelist: kinds.map((kind) => JSON.stringify(kind)).sort() };
}

function projectOf(cluster: ClusterRecord, repository: unknown): Record<string, unknown> {
  const kinds = TENANT_KINDS.filter(
    ({ kind, offered }) => kind !== "Namespace" && (offered?.(cluster) ?? true),
  );
  return {
    metadata: { name: "tenants", namespace: "argocd" },
    spec: {
      description: ANY,
      sourceRepos: [repository],
      destinations: [{ server: SERVER, namespace: "tenant-*" }],
      clusterResourceWhitelist: [{ group: "", kind: "Namespace", name: "tenant-*" }],
      namespaceResourceWhitelist: kinds
        .map(({ group, kind }) => JSON.stringify({ group, kind }))
        .sort(),
    },
  };
}

function setOf(cluster: ClusterRecord, repository: unknown): Record<string, unknown> {
  return {
    metadata: {
      name: "tenants",
      namespace: "argocd",
      finalizers: ["resources-finalizer.argocd.argoproj.io"],
    },
    spec: {
      goTemplate: true,
      goTemplateOptions: ["missingkey=error"],
      syncPolicy: { applicationsSync: "create-update", preserveResourcesOnDeletion: true },
      generators: [
        {
          git: {
            repoURL: repository,
            revision: REVISION,
            requeueAfterSeconds: ANY,
            directories: [{ path: `overlays/${cluster.name}/tenants/*` }],
          },
        },
      ],
      template: {
        metadata: {
          name: "tenant-{{ .path.basename }}",
          annotations: { "argocd.argoproj.io/manifest-generate-paths": ".;/bases" },
        },
        spec: {
          project: "tenants",
          source: { repoURL: repository, targetRevision: REVISION, path: "{{ .path.path }}" },
          destination: { server: SERVER, namespace: "tenant-{{ .path.basename }}" },
          syncPolicy: {
            automated: { prune: true, selfHeal: true },
            syncOptions: ["ServerSideApply=true", "FailOnSharedResource=true", "Validate=false"],
            retry: ANY,
          },
        },
      },
    },
  };
}
