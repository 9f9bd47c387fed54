import { textAt, textsAt } from "../../../tools/values.ts";
import { conditionsOf, type Condition } from "./conditions.ts";
import { identityOf, type Identity } from "./identity.ts";

export type Namespace = Identity & {
  tenant: string;
  /** root, organization or mcp */
  role: string;
  organization: string | undefined;
  /** active, suspended or retiring, as Git had it at the last sync. */
  state: string | undefined;
  tier: string | undefined;
  channel: string | undefined;
  displayName: string | undefined;
  /** A day like 2027-01-31. */
  retireAfter: string | undefined;
  phase: string;
  /** The uid for which somebody approved the deletion, whether it is this one's or not. */
  approvedFor: string | undefined;
  conditions: Condition[];
};

export function namespaceOf(object: unknown): Namespace {
  const labels = textsAt(object, "metadata", "labels");
  const annotations = textsAt(object, "metadata", "annotations");
  return {
    ...identityOf(object),
    tenant: labels["neurallog.dev/tenant"] ?? "",
    role: labels["neurallog.dev/role"] ?? "",
    organization: labels["neurallog.dev/organization"],
    state: labels["neurallog.dev/state"],
    tier: labels["neurallog.dev/tier"],
    channel: labels["neurallog.dev/channel"],
    displayName: annotations["neurallog.dev/display-name"],
    retireAfter: annotations["neurallog.dev/retire-after"],
    phase: textAt(object, "status", "phase") ?? "Unknown",
    approvedFor: annotations["neurallog.dev/deletion-approved"],
    conditions: conditionsOf(object),
  };
}
