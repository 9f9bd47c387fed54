import type { Plan, RootNamespacePlan } from "../plan/plan.ts";
import { archiveBases, archiveImages, archiveView } from "./archive.ts";
import { dnsComponents, dnsView } from "./dns.ts";
import { exposureComponents, exposureView } from "./exposure.ts";
import { logServiceComponents, logServiceImages, logServiceView } from "./log-service.ts";
import { hasWorkPod } from "./log-service-config.ts";
import { namespaceView, type Parts } from "./namespace.ts";
import { redisBases, redisImages, redisView } from "./redis.ts";
import { secretComponents, secretsView } from "./secrets.ts";
import type { View } from "./templates.ts";
import { podView } from "./workload.ts";

/** Bases and components of the root namespace. */
export function rootParts(plan: Plan, root: RootNamespacePlan): Parts {
  return {
    bases: ["tenant", ...redisBases(plan), ...archiveBases(plan)],
    components: [
      ...dnsComponents(plan),
      ...logServiceComponents(plan),
      ...exposureComponents(plan),
      ...secretComponents(plan, root),
    ],
    images: [...logServiceImages(plan), ...redisImages(plan), ...archiveImages(plan)],
  };
}

/** View of the root namespace's patches. */
export function rootView(plan: Plan, root: RootNamespacePlan): View {
  return {
    ...namespaceView(plan, root),
    ...podView(plan),
    // Neither Redis nor the archive asks names.
    ...dnsView(plan, ["log-service", ...(hasWorkPod(plan) ? ["log-service-work"] : [])]),
    ...logServiceView(plan, root),
    ...redisView(plan),
    ...archiveView(plan),
    ...exposureView(plan),
    ...secretsView(plan, root),
  };
}
