import { textAt } from "../../../tools/values.ts";
import { conditionsOf, type Condition } from "./conditions.ts";
import { identityOf, type Identity } from "./identity.ts";

export type Claim = Identity & {
  /** Pending, Bound or Lost */
  phase: string;
  storageClass: string;
  /** What it asks for, and what it has. */
  requested: string;
  size: string;
  volume: string;
  conditions: Condition[];
};

export const claimOf = (object: unknown): Claim => ({
  ...identityOf(object),
  phase: textAt(object, "status", "phase") ?? "Unknown",
  storageClass: textAt(object, "spec", "storageClassName") ?? "",
  requested: textAt(object, "spec", "resources", "requests", "storage") ?? "",
  size: textAt(object, "status", "capacity", "storage") ?? "",
  volume: textAt(object, "spec", "volumeName") ?? "",
  conditions: conditionsOf(object),
});

export type Volume = Identity & {
  /** Retain or Delete */
  reclaim: string;
  phase: string;
  /** The claim that it belongs to, like `tenant-acme/data-redis-0`. */
  claim: string;
  size: string;
};

export const volumeOf = (object: unknown): Volume => ({
  ...identityOf(object),
  reclaim: textAt(object, "spec", "persistentVolumeReclaimPolicy") ?? "",
  phase: textAt(object, "status", "phase") ?? "Unknown",
  claim: `${textAt(object, "spec", "claimRef", "namespace") ?? ""}/${textAt(object, "spec", "claimRef", "name") ?? ""}`,
  size: textAt(object, "spec", "capacity", "storage") ?? "",
});
