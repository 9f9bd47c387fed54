import type { ArchivePlan, Plan } from "../plan/plan.ts";
import { appIngress, archivePort, blockPeer, podsPeer, tcp, to } from "./flows.ts";
import { imageOverride } from "./image.ts";
import {
  archiveCaFile,
  hasWorkPod,
  serviceArchiveUsers,
  workArchiveUsers,
  type ArchiveUser,
} from "./log-service-config.ts";
import { podPlace, postgresConf } from "./postgres-conf.ts";
import type { YamlValue } from "./quote.ts";
import { archiveSecret } from "./secrets.ts";
import type { View } from "./templates.ts";
import { fingerprint } from "./workload.ts";

/** `periodSeconds` of the start-up probe in the base. */
const startupPeriodSeconds = 5;
/** The component's ConfigMap. */
const authorityMap = "archive-authority";

export const archiveBases = ({ archive }: Plan): string[] =>
  archive?.database.mode === "own" ? ["archive"] : [];

/** Components of the log service's pods, which need passwords, and who signed an external server's certificate. */
export function archiveComponents({ archive }: Plan): string[] {
  if (archive === null) return [];
  return ["archive-users", ...(authorityOf(archive) === null ? [] : ["archive-authority"])];
}

export const archiveImages = ({ archive }: Plan): YamlValue[] =>
  archive?.database.mode === "own" ? [imageOverride("postgres", archive.database.image)] : [];

const authorityOf = ({ database }: ArchivePlan): string | null =>
  database.mode === "external" ? database.authority : null;

/** View of the patches of the tenant's own PostgreSQL: configuration, claim, StatefulSet, policy. */
export function archiveView(plan: Plan): View {
  const { archive } = plan;
  if (archive?.database.mode !== "own") return { hasOwnArchive: false };
  const { sizes, storage, resources, startSeconds } = archive.database;
  const conf = postgresConf(sizes, podPlace);
  return {
    hasOwnArchive: true,
    archive: {
      conf,
      confFingerprint: fingerprint(conf),
      storage,
      resources,
      startupFailures: Math.ceil(startSeconds / startupPeriodSeconds),
      ingress: [
        appIngress("log-service", archivePort),
        ...(hasWorkPod(plan) ? [appIngress("log-service-work", archivePort)] : []),
      ],
    },
  };
}

/** What the log service's pods mount to use the archive: each the passwords that it has a use for, and no other. */
export function archiveMounts(plan: Plan): View {
  const { archive } = plan;
  if (archive === null) {
    return { hasArchive: false, hasArchiveAuthority: false };
  }
  const authority = authorityOf(archive);
  const known = authority === null ? [] : [{ configMap: caItem }];
  return {
    hasArchive: true,
    hasArchiveAuthority: authority !== null,
    archiveAuthority: authority ?? "",
    archiveAuthorityFingerprint: fingerprint(authority ?? ""),
    archiveSources: [passwords(serviceArchiveUsers(plan)), ...known],
    workArchiveSources: [passwords(workArchiveUsers), ...known],
  };
}

const caItem = { name: authorityMap, items: [{ key: archiveCaFile, path: archiveCaFile }] };

const passwords = (users: readonly ArchiveUser[]): YamlValue => ({
  secret: { name: archiveSecret, items: users.map((user) => ({ key: user, path: user })) },
});

/** The way to the archive, of each pod that uses it. */
export function archiveEgress({ archive }: Plan): YamlValue[] {
  if (archive === null) return [];
  const { database } = archive;
  if (database.mode === "own") {
    const pods = { podSelector: { matchLabels: { "app.kubernetes.io/name": "archive" } } };
    return [to([pods], [tcp(archivePort)])];
  }
  const { peer, port } = database;
  const there =
    peer.kind === "ipBlock" ? blockPeer({ cidr: peer.cidr, except: [] }) : podsPeer(peer);
  return [to([there], [tcp(port)])];
}
