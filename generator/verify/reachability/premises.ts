import type { Network, NetworkService } from "../../manifests/network.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Report } from "../finding.ts";
import { type End, type Flow, PORTS } from "./flows.ts";
import { NAME_LABEL, TENANT_LABEL } from "./parties.ts";
import { openDirections, type Policy } from "./policies.ts";
import type { Protocol } from "./ports.ts";
import { type Labels, selects } from "./selectors.ts";

/**
 * What the proof builds on. It looks at each tenant alone, which is right only while a tenant's
 * overlay stays in its own namespaces, wears its own labels, and has no way past its policies.
 */
export function reportPremises(
  plan: Plan,
  network: Network,
  policies: readonly Policy[],
  report: Report,
): void {
  reportNamespaces(plan, network, report);
  reportStrangers(plan, network, report);
  reportBypasses(network, report);
  reportIsolation(plan, policies, report);
}

function reportNamespaces(plan: Plan, network: Network, report: Report): void {
  for (const { name } of plan.namespaces) {
    const rendered = network.namespaces.filter((namespace) => namespace.name === name);
    if (rendered.length !== 1) {
      report("reach-namespace", {
        namespace: name,
        reason: `is rendered ${rendered.length} times`,
      });
    }
  }
  for (const { name, labels } of network.namespaces) {
    const reason = !plan.namespaces.some((namespace) => namespace.name === name)
      ? "is none of this tenant's"
      : labels[TENANT_LABEL] !== plan.id
        ? `has ${TENANT_LABEL}: ${labels[TENANT_LABEL] ?? "(missing)"}, by which others would select it`
        : (labels[NAME_LABEL] ?? name) !== name
          ? `claims to be called ${labels[NAME_LABEL]}`
          : undefined;
    if (reason !== undefined) report("reach-namespace", { namespace: name, reason });
  }
}

function reportStrangers(plan: Plan, network: Network, report: Report): void {
  const own = new Set(plan.namespaces.map(({ name }) => name));
  const objects = [
    ...network.policies.map(({ namespace, name }) => ({
      namespace,
      what: `NetworkPolicy ${name}`,
    })),
    ...network.pods.map(({ namespace, owner }) => ({ namespace, what: owner })),
    ...network.services.map(({ namespace, name }) => ({ namespace, what: `Service ${name}` })),
    ...network.routes.map(({ namespace, kind, name }) => ({ namespace, what: `${kind} ${name}` })),
    ...network.routes.flatMap(({ kind, name, backends }) =>
      backends.map(({ namespace }) => ({ namespace, what: `a backend of ${kind} ${name}` })),
    ),
  ];
  for (const { namespace, what } of objects) {
    if (!own.has(namespace)) report("reach-stranger", { what, namespace });
  }
}

/** NetworkPolicies do not bind the host's network, and traffic from nodes is let in before they are asked. */
function reportBypasses(network: Network, report: Report): void {
  for (const { namespace, owner, hostNetwork } of network.pods) {
    if (hostNetwork) {
      report("reach-bypass", {
        what: `${owner} in ${namespace}`,
        reason: "uses the host's network",
      });
    }
  }
  for (const { namespace, name, type, externalIPs } of network.services) {
    const what = `Service ${namespace}/${name}`;
    if (type !== "ClusterIP") report("reach-bypass", { what, reason: `is of type ${type}` });
    if (externalIPs.length > 0) {
      report("reach-bypass", { what, reason: `answers on ${externalIPs.join(", ")}` });
    }
  }
}

/**
 * A pod that no policy selects talks to everybody, and pods of any labels may appear: one policy has
 * to select them all. One that lets nothing through, so that no change of another takes it away.
 */
function reportIsolation(plan: Plan, policies: readonly Policy[], report: Report): void {
  for (const { name } of plan.namespaces) {
    for (const direction of openDirections(policies, name)) {
      report("reach-not-isolated", { namespace: name, direction });
    }
  }
}

/** A flow to a Service's port has to arrive at the port that the flow is for. */
export function reportServices(
  plan: Plan,
  network: Network,
  flows: readonly Flow[],
  report: Report,
): void {
  const needed = new Map<string, End & { kind: "pods" }>();
  for (const { to } of flows) {
    if (to.kind === "pods" && Object.keys(to.labels).length > 0) {
      needed.set(`${to.namespace}/${Object.values(to.labels).join()}`, to);
    }
  }
  const { syslog, mcpWebSocket } = plan.logService;
  for (const [what, port, protocol] of [
    ["log-service", PORTS.http, "TCP"],
    ...(syslog?.tcp === true ? [["log-service", PORTS.syslog, "TCP"] as const] : []),
    ...(syslog?.udp === true ? [["log-service", PORTS.syslog, "UDP"] as const] : []),
    ...(syslog?.tls === true ? [["log-service", PORTS.syslogTls, "TCP"] as const] : []),
    ...(mcpWebSocket
      ? (["log-service", "mcp"] as const).map((app) => [app, PORTS.mcpWebSocket, "TCP"] as const)
      : []),
    ["redis", PORTS.redis, "TCP"],
    ["archive", PORTS.archive, "TCP"],
    ["mcp", PORTS.http, "TCP"],
  ] as const) {
    for (const { name: namespace } of plan.namespaces) {
      const end = needed.get(`${namespace}/${what}`);
      if (end === undefined) continue;
      const service = network.services.find(
        (each) => each.namespace === namespace && each.name === what,
      );
      const reason = whyNot(service, network, namespace, end.labels, port, protocol);
      if (reason !== undefined)
        report("reach-service", { service: `${namespace}/${what}`, reason });
    }
  }
}

function whyNot(
  service: NetworkService | undefined,
  network: Network,
  namespace: string,
  labels: Labels,
  port: number,
  protocol: Protocol,
): string | undefined {
  if (service === undefined) return "is missing";
  const open = service.ports.find((each) => each.port === port && each.protocol === protocol);
  if (open === undefined)
    return `has no port ${port}${protocol === "TCP" ? "" : ` for ${protocol}`}`;
  const selector = Object.entries(service.selector).map(([key, value]) => ({
    key,
    operator: "In" as const,
    values: [value],
  }));
  if (selector.length === 0) return "selects no pods";
  const pods = network.pods.filter(
    (pod) => pod.namespace === namespace && selects(selector, pod.labels),
  );
  if (pods.length === 0) return "selects no pods that are rendered";
  for (const pod of pods) {
    if (Object.entries(labels).some(([key, value]) => pod.labels[key] !== value)) {
      return `also selects ${pod.owner}`;
    }
    const arrives =
      typeof open.target === "number"
        ? open.target === port
        : pod.ports.some(
            (each) => each.name === open.target && each.port === port && each.protocol === protocol,
          );
    if (!arrives) return `leads to port ${open.target} of ${pod.owner}, not to ${port}`;
  }
  return undefined;
}

/** A host of a route that the record does not name could be another tenant's. */
export function reportRoutes(plan: Plan, network: Network, report: Report): void {
  const root = plan.namespaces.find(({ role }) => role === "root");
  const asked = plan.api.ingress && root?.closed === false ? plan.logService.hosts : [];
  const rendered = new Set(network.routes.flatMap(({ hosts }) => hosts));
  for (const route of network.routes) {
    const what = `${route.kind} ${route.namespace}/${route.name}`;
    for (const host of route.hosts) {
      if (!asked.includes(host))
        report("reach-route", {
          what,
          reason: `takes host ${host}, which the record does not name`,
        });
    }
    if (route.hosts.length === 0) report("reach-route", { what, reason: "takes every host" });
    for (const { namespace, service, port } of route.backends) {
      if (namespace === root?.name && service === "log-service" && isHttp(port)) continue;
      report("reach-route", { what, reason: `leads to ${namespace}/${service}:${port}` });
    }
  }
  for (const host of asked) {
    if (!rendered.has(host)) {
      report("reach-route", { what: `host ${host}`, reason: "has no route" });
    }
  }
}

function isHttp(port: number | string | null): boolean {
  return port === PORTS.http || port === "http";
}
