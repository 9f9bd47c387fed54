import { createHash } from "node:crypto";
import type { Plan } from "../plan/plan.ts";
import type { YamlValue } from "./quote.ts";
import type { View } from "./templates.ts";

/** What the record's placement and the cluster say about every pod: parts of patches, each only where there is something to say. */
export function podView(plan: Plan): View {
  const { nodeSelector, tolerations, priorityClassName } = plan.placement;
  const { imagePullSecrets } = plan.cluster;
  return {
    hasNodeSelector: Object.keys(nodeSelector).length > 0,
    nodeSelector,
    hasTolerations: tolerations.length > 0,
    tolerations: tolerations.map(toleration),
    hasPriority: priorityClassName !== null,
    priorityClassName: priorityClassName ?? "",
    hasPullSecrets: imagePullSecrets.length > 0,
    imagePullSecrets: imagePullSecrets.map((name) => ({ name })),
  };
}

const toleration = ({
  key,
  operator,
  value,
  effect,
}: Plan["placement"]["tolerations"][number]): YamlValue => ({
  key,
  operator,
  ...(value === null ? {} : { value }),
  effect,
});

/** `env` of a container. */
export const environment = (variables: Readonly<Record<string, string>>): YamlValue[] =>
  Object.entries(variables).map(([name, value]) => ({ name, value }));

/** An annotation of the pod template: mounted files that change roll the pods, which read them at start. */
export const fingerprint = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 16);
