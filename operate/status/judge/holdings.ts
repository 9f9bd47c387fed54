// What a tenant holds: namespaces, quota, volumes.
import { QUOTA_NOTICE_PERCENT } from "../../limits.ts";
import { keyOf } from "../objects/identity.ts";
import type { Namespace } from "../objects/namespace.ts";
import type { Quota } from "../objects/quota.ts";
import type { Claim, Volume } from "../objects/volume.ts";
import { found, told } from "../problems.ts";
import type { Problem, TenantStatus } from "../shape.ts";

export function judgeNamespaces(namespaces: readonly Namespace[]): {
  problems: Problem[];
  confirmations: TenantStatus["confirmations"];
} {
  const problems: Problem[] = [];
  const confirmations: TenantStatus["confirmations"] = [];
  for (const namespace of namespaces) {
    const subject = `Namespace ${namespace.name}`;
    const { approvedFor, uid, deleting } = namespace;
    if (deleting !== undefined) {
      const words = {
        code: "namespace-terminating",
        means: "the namespace is being deleted with all that is in it",
        todo: "if nobody meant it: volumes with Retain stay, and so do backups; see docs/offboard.md",
      };
      problems.push(found("wrong", subject, words, lastWords(namespace), deleting));
    } else if (approvedFor === uid) {
      const message = "its deletion is approved: whoever may delete namespaces can delete it now";
      confirmations.push({ kind: "approved", object: subject, message });
    } else if (approvedFor !== undefined) {
      const message = "has an approval for another namespace of this name: it approves nothing";
      confirmations.push({ kind: "ineffective", object: subject, message });
    }
  }
  return { problems, confirmations };
}

const lastWords = ({ conditions }: Namespace): string =>
  conditions
    .filter(({ status }) => status === "True")
    .map(({ message }) => message)
    .join("; ");

export const judgeQuotas = (quotas: readonly Quota[]): Problem[] =>
  quotas.flatMap((quota) =>
    quota.uses
      .filter(({ percent }) => percent !== undefined && percent >= QUOTA_NOTICE_PERCENT)
      // Claims, storage and services are sized to fit exactly: only these are filled by rollouts and by others.
      .filter(({ key }) => /^(?:pods|(?:requests|limits)\.(?:cpu|memory))$/.test(key))
      .map(({ key, used, hard, percent }) =>
        found(
          "notice",
          `ResourceQuota ${keyOf(quota)}`,
          {
            code: "quota-nearly-used",
            means: "little of the quota is left: the next pod may be refused",
            todo: "raise the quota in the record, or let something go",
          },
          `${key}: ${used} of ${hard}, ${percent} %`,
        ),
      ),
  );

/** A claim is bound within seconds, or when its first pod is placed. */
const BINDING_MILLISECONDS = 2 * 60 * 1000;

export function judgeVolumes(
  claims: readonly Claim[],
  volumes: readonly Volume[],
  now: number,
): { problems: Problem[]; changing: boolean } {
  const problems: Problem[] = [];
  let changing = false;
  const byClaim = new Map(volumes.map((volume) => [volume.claim, volume]));
  for (const claim of claims) {
    const subject = `PersistentVolumeClaim ${keyOf(claim)}`;
    const report = (severity: Problem["severity"], code: string, means: string, todo: string) =>
      problems.push(found(severity, subject, { code, means, todo }, "", claim.created));
    if (claim.phase === "Lost") {
      report(
        "wrong",
        "volume-lost",
        "the volume of this claim is gone",
        "restore the tenant from its backup; the claim cannot be bound again",
      );
    } else if (claim.phase !== "Bound") {
      const late = claim.created !== undefined && now - claim.created > BINDING_MILLISECONDS;
      changing = true;
      if (late) {
        report(
          "wrong",
          "volume-unbound",
          "no volume was made for this claim",
          "does its storage class exist, and has it room? npm run prerequisites tells the first",
        );
      }
    }
    if (claim.deleting !== undefined) {
      report(
        "wrong",
        "claim-terminating",
        "the claim is being deleted as soon as no pod uses it",
        "if nobody meant it: its volume stays where its policy is Retain",
      );
    }
    const reclaim = byClaim.get(keyOf(claim))?.reclaim;
    if (reclaim === "Delete") {
      report(
        "wrong",
        "volume-not-retained",
        "deleting the claim would delete the logs: the volume's policy is Delete",
        "set the volume's persistentVolumeReclaimPolicy to Retain with kubectl patch, and see why its class has another",
      );
    }
    for (const { type, status, message, since } of claim.conditions) {
      if (status !== "True") continue;
      problems.push(told("notice", subject, `${type}: ${message}`, since));
    }
  }
  return { problems, changing };
}
