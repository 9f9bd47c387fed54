import { rootNamespace } from "../plan/names.ts";
import type { McpNamespacePlan, OrganizationNamespacePlan, Plan } from "../plan/plan.ts";
import { dnsComponents, dnsView } from "./dns.ts";
import {
  apiPort,
  appPeer,
  from,
  furtherPorts,
  namespacePeer,
  opsPort,
  podsPeer,
  tcp,
  to,
  webSocketPorts,
} from "./flows.ts";
import { imageOverride } from "./image.ts";
import { graceSeconds, serviceNames, webSocketEnvironment } from "./log-service-config.ts";
import { groupSubject, namespaceView, type Parts } from "./namespace.ts";
import { secretComponents, secretsView } from "./secrets.ts";
import type { View } from "./templates.ts";
import { environment, fingerprint, podView } from "./workload.ts";

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
        ? [
            to(
              [appPeer(rootNamespace(plan.id), "log-service")],
              [tcp(apiPort), ...furtherPorts(plan)],
            ),
          ]
        : []),
      ...(namespace.mcpNamespace === null
        ? []
        : [to([appPeer(namespace.mcpNamespace, "mcp")], endpointPorts(plan))]),
    ],
  };
}

/** Bases and components of an organization's MCP namespace. */
export const mcpParts = (plan: Plan, namespace: McpNamespacePlan): Parts => ({
  bases: ["mcp"],
  components: [
    ...dnsComponents(plan),
    ...secretComponents(plan, namespace),
    ...(hasAuthority(plan) ? ["tls-authority"] : []),
    ...(plan.logService.mcpWebSocket ? ["mcp-websocket"] : []),
  ],
  images: [imageOverride("log-service", plan.logService.image)],
});

/** Where the organization's pods find its endpoint. */
const endpointPorts = ({ logService }: Plan) => [
  tcp(apiPort),
  ...webSocketPorts(logService.mcpWebSocket),
];

/** Whether endpoints have to be told whom to trust. */
const hasAuthority = ({ logService: { tls } }: Plan): boolean =>
  tls !== null && tls.authority !== null;

/** View of the patches of an organization's MCP namespace. */
export function mcpView(plan: Plan, namespace: McpNamespacePlan): View {
  const root = rootNamespace(plan.id);
  const { logService } = plan;
  const { tls } = logService;
  return {
    ...namespaceView(plan, namespace),
    ...podView(plan),
    ...dnsView(plan),
    ...secretsView(plan, namespace),
    hasAuthority: hasAuthority(plan),
    authority: tls?.authority ?? "",
    authorityFingerprint: fingerprint(tls?.authority ?? ""),
    replicas: namespace.replicas,
    resources: namespace.resources,
    graceSeconds: graceSeconds(plan),
    environment: environment({
      NEURALLOG_TENANT: plan.id,
      NEURALLOG_DRAIN_SECONDS: String(plan.logService.drainSeconds),
      NEURALLOG_URL: `${tls === null ? "http" : "https"}://log-service.${root}.svc:${apiPort}`,
      NEURALLOG_LOG_LEVEL: logService.logLevel,
      NEURALLOG_MCP_TOOL_NAMES: logService.mcpToolNames,
      ...webSocketEnvironment(plan),
      NEURALLOG_PUBLIC_HOSTS: serviceNames("mcp", namespace.name).join(","),
    }),
    ingress: [
      from([namespacePeer(namespace.organizationNamespace)], endpointPorts(plan)),
      from([podsPeer(plan.cluster.monitoring)], [tcp(opsPort)]),
    ],
    egress: [to([appPeer(root, "log-service")], [tcp(apiPort)])],
  };
}
