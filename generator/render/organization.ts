import { rootNamespace } from "../plan/names.ts";
import type { McpNamespacePlan, OrganizationNamespacePlan, Plan } from "../plan/plan.ts";
import { dnsComponents, dnsView } from "./dns.ts";
import { apiPort, appPeer, from, namespacePeer, opsPort, podsPeer, tcp, to } from "./flows.ts";
import { imageOverride } from "./image.ts";
import { graceSeconds, serviceNames } from "./log-service-config.ts";
import { groupSubject, namespaceView, type Parts } from "./namespace.ts";
import { secretComponents, secretsView } from "./secrets.ts";
import type { View } from "./templates.ts";
import { environment, podView } from "./workload.ts";

/** A retired organization, or one of a tenant that is suspended or retiring: closed, and nothing starts in it. */
export const closedParts: Parts = { bases: ["namespace"], components: [], images: [] };

/** Bases and components of an organization's namespace. */
export const organizationParts = (plan: Plan): Parts => ({
  bases: ["organization"],
  components: dnsComponents(plan),
  images: [],
});

/** View of the patches of an organization's namespace. */
export function organizationView(plan: Plan, namespace: OrganizationNamespacePlan): View {
  const circle = { podSelector: {} };
  return {
    ...namespaceView(plan, namespace),
    ...dnsView(plan),
    owners: [groupSubject(namespace.group)],
    egress: [
      { to: [circle] },
      ...(namespace.callsApi
        ? [to([appPeer(rootNamespace(plan.id), "log-service")], [tcp(apiPort)])]
        : []),
      ...(namespace.mcpNamespace === null
        ? []
        : [to([appPeer(namespace.mcpNamespace, "mcp")], [tcp(apiPort)])]),
    ],
  };
}

/** Bases and components of an organization's MCP namespace. */
export const mcpParts = (plan: Plan, namespace: McpNamespacePlan): Parts => ({
  bases: ["mcp"],
  components: [...dnsComponents(plan), ...secretComponents(plan, namespace)],
  images: [imageOverride("log-service", plan.logService.image)],
});

/** View of the patches of an organization's MCP namespace. */
export function mcpView(plan: Plan, namespace: McpNamespacePlan): View {
  const root = rootNamespace(plan.id);
  return {
    ...namespaceView(plan, namespace),
    ...podView(plan),
    ...dnsView(plan),
    ...secretsView(plan, namespace),
    replicas: namespace.replicas,
    resources: namespace.resources,
    graceSeconds: graceSeconds(plan),
    environment: environment({
      NEURALLOG_TENANT: plan.id,
      NEURALLOG_DRAIN_SECONDS: String(plan.logService.drainSeconds),
      NEURALLOG_URL: `http://log-service.${root}.svc:${apiPort}`,
      NEURALLOG_PUBLIC_HOSTS: serviceNames("mcp", namespace.name).join(","),
    }),
    ingress: [
      from([namespacePeer(namespace.organizationNamespace)], [tcp(apiPort)]),
      from([podsPeer(plan.cluster.monitoring)], [tcp(opsPort)]),
    ],
    egress: [to([appPeer(root, "log-service")], [tcp(apiPort)])],
  };
}
