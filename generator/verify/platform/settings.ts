import { z } from "zod";
import type { Manifest } from "../../manifests/manifest.ts";
import { channelImages, type ClusterRecord } from "../../record/schema/cluster.ts";
import { TENANT_KINDS } from "../build/kinds.ts";
import type { Report } from "../finding.ts";

const settings = z.looseObject({ data: z.record(z.string(), z.string()).optional() });

/** Whom the policies let do more. A tenant must not be able to become one of them. */
const USERS = ["deployers", "controllers", "namespaceControllers"] as const;
/** May be missing: a cluster without such a tool. */
const OPTIONAL_USERS = ["backups"] as const;
const GROUPS = ["platformGroups", "controllerGroups"] as const;
/** Groups that everybody has, or every program. */
const CROWDS = /^system:(?:authenticated|unauthenticated|serviceaccounts(?::.*)?)$/;
const TENANTS_ACCOUNT = /^system:serviceaccounts?:tenant-/;

/** Reports settings of the admission policies that are not the cluster's record's, or let in whom they must not. */
export function reportSettings(
  cluster: ClusterRecord,
  object: Manifest | undefined,
  report: Report,
): void {
  const say = (reason: string): void =>
    report("platform-admission", {
      object: "ConfigMap neurallog-system/admission-settings",
      reason,
    });
  if (object === undefined) return say("is missing");
  const { data = {} } = settings.parse(object.body);
  const lines = (key: string): string[] => data[key]?.split("\n") ?? [];
  const wanted = ofTheRecord(cluster);
  for (const [key, values] of Object.entries(wanted)) {
    if (data[key] === undefined) say(`has no ${key}`);
    else if (inOrder(lines(key)) !== inOrder(values))
      say(`has ${inOrder(lines(key)) || "nothing"} as ${key}, not ${inOrder(values) || "nothing"}`);
  }
  const others = [...USERS, ...GROUPS, "registries", "organizationRegistries", "issuer", "kinds"];
  for (const key of others) if (data[key] === undefined) say(`has no ${key}`);
  for (const key of Object.keys(data)) {
    const isKnown = OPTIONAL_USERS.some((optional) => optional === key) || others.includes(key);
    if (!isKnown && !Object.hasOwn(wanted, key)) say(`has ${key}, which no policy asks`);
    if (lines(key).length > 1 && lines(key).some((line) => line.trim() !== line || line === ""))
      say(`has a blank in ${key}`);
  }
  const named = OPTIONAL_USERS.filter((key) => data[key] !== undefined);
  for (const key of [...USERS, ...GROUPS, ...named]) {
    for (const name of lines(key)) {
      if (name === "" || CROWDS.test(name) || TENANTS_ACCOUNT.test(name))
        say(`lets ${name || "nobody in particular"} be one of ${key}`);
    }
  }
  reportImages(cluster, lines("registries"), lines("organizationRegistries"), say);
  for (const { group, resource } of tenantResources(cluster)) {
    const kind = `${group}/${resource}`;
    if (!lines("kinds").includes(kind)) say(`has no ${kind} among kinds, which overlays render`);
  }
}

const inOrder = (values: readonly string[]): string =>
  values
    .filter((value) => value !== "")
    .toSorted()
    .join(", ");

/** What the cluster's record says too: name of the setting -> its lines. */
function ofTheRecord({ dns, exposure, placement, secrets, storageClasses }: ClusterRecord) {
  const { gateway, ingress } = exposure;
  const { vault } = secrets;
  const retaining = storageClasses.filter(({ reclaimPolicy }) => reclaimPolicy === "Retain");
  return {
    priorityClasses: placement?.priorityClasses ?? [],
    tolerations: Object.values(placement?.tolerations ?? {}).map(
      ({ key, value, effect }) => `${key}${value === undefined ? "" : `=${value}`}:${effect}`,
    ),
    storageClasses: retaining.map(({ name }) => name),
    hostSuffix: [dns.suffix],
    customHosts: [String(dns.customHosts ?? false)],
    gateway: gateway === undefined ? [] : [`${gateway.namespace}/${gateway.name}`],
    gatewayListener: gateway === undefined ? [] : [gateway.listener],
    ingressClass: ingress === undefined ? [] : [ingress.class],
    // Behind a Gateway no record names an issuer.
    ...(ingress === undefined ? {} : { issuer: [ingress.issuer] }),
    vaultServer: vault === undefined ? [] : [vault.server],
    vaultPath: vault === undefined ? [] : [vault.path],
    vaultPrefix: vault === undefined ? [] : [vault.prefix],
    vaultAuth: vault === undefined ? [] : [vault.auth],
    vaultRolePrefix: vault === undefined ? [] : [vault.rolePrefix],
  } satisfies Record<string, readonly string[]>;
}

function reportImages(
  { channels }: ClusterRecord,
  registries: readonly string[],
  organizations: readonly string[],
  say: (reason: string) => void,
): void {
  const images = Object.values(channels).flatMap((channel) =>
    channelImages(channel).map(([, image]) => image),
  );
  for (const image of new Set(images)) {
    if (!registries.some((prefix) => image.startsWith(prefix)))
      say(`has no registry of ${image}, which tenants run`);
  }
  for (const prefix of [...registries, ...organizations]) {
    // A colon ends a repository's name as a slash ends a registry's.
    if (!/^[a-z0-9.-]+(?::\d+)?\/(?:[a-z0-9._-]+\/)*(?:[a-z0-9._-]+:)?$/.test(prefix))
      say(
        `has the registry ${prefix}, which ends neither in a slash nor in a colon: more than it would fit`,
      );
  }
}

function tenantResources(cluster: ClusterRecord): { group: string; resource: string }[] {
  return TENANT_KINDS.filter(
    ({ kind, offered }) => kind !== "Namespace" && (offered?.(cluster) ?? true),
  ).map(({ group, kind }) => ({ group, resource: plural(kind.toLowerCase()) }));
}

/** As the API names a kind's resource: networkpolicies, ingresses, httproutes. */
const plural = (name: string): string =>
  name.endsWith("y") ? `${name.slice(0, -1)}ies` : `${name}${name.endsWith("s") ? "es" : "s"}`;
