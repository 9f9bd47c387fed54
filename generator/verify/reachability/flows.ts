import type { IpBlock, NamespacePlan, Plan, PodsPlan, RulePlan } from "../../plan/plan.ts";
import { type AddressSet, addressesOf, blockOf } from "./addresses.ts";
import { EVERY_PORT, onePort, type PortSet } from "./ports.ts";
import type { Labels } from "./selectors.ts";

/**
 * What a tenant's record asks for: the flows that must exist, and beside which none may. Computed
 * from the plan alone, so that the proof compares two independent things: this list, and the
 * policies that kustomize rendered.
 */
export interface Flow {
  readonly from: End;
  readonly to: End;
  readonly ports: PortSet;
  readonly why: string;
  /** A custom rule opens its own namespace; what the other side admits is for the other side to say. */
  readonly only?: "ingress" | "egress";
}

export type End =
  /** Pods of a namespace that have these labels; `{}` means all of its pods. */
  | { readonly kind: "pods"; readonly namespace: string; readonly labels: Labels }
  | { readonly kind: "addresses"; readonly addresses: AddressSet; readonly text: string };

export const PORTS = {
  http: 8080,
  ops: 9464,
  redis: 6379,
  exporter: 9121,
  archive: 5432,
  mcpWebSocket: 9060,
  dns: 53,
  syslog: 5514,
  syslogTls: 6514,
} as const;

export const APP = "app.kubernetes.io/name";

/**
 * Every flow of a tenant. Nobody gets into a closed namespace, and nobody out of it, but for the root
 * namespace's own log service: a retiring tenant's logs are exported through it.
 */
export function flowsOf(plan: Plan): Flow[] {
  const root = rootOf(plan);
  const closed = new Set(plan.namespaces.filter((each) => each.closed).map(({ name }) => name));
  const isClosed = (end: End) => end.kind === "pods" && closed.has(end.namespace);
  const isRoot = (end: End) => end.kind === "pods" && end.namespace === root;
  return [
    ...ofLogService(plan),
    ...plan.namespaces.flatMap((namespace) => [
      ...ofNames(plan, namespace),
      ...ofOrganization(plan, namespace),
      ...namespace.rules.flatMap((rule) => ofRule(namespace, rule)),
    ]),
  ].filter(({ from, to }) =>
    isRoot(from) ? isRoot(to) || !isClosed(to) : !isClosed(from) && !isClosed(to),
  );
}

function rootOf(plan: Plan): string {
  return plan.namespaces.find(({ role }) => role === "root")?.name ?? `tenant-${plan.id}`;
}

type App = "log-service" | "log-service-work" | "redis" | "archive" | "mcp";

function app(namespace: string, name: App): End {
  return { kind: "pods", namespace, labels: { [APP]: name } };
}

function all(namespace: string): End {
  return { kind: "pods", namespace, labels: {} };
}

function pods({ namespace, podLabels }: PodsPlan): End {
  return { kind: "pods", namespace, labels: podLabels };
}

function block({ cidr, except }: IpBlock): End {
  return { kind: "addresses", addresses: blockOf(cidr, except), text: cidr };
}

function ofLogService(plan: Plan): Flow[] {
  const root = rootOf(plan);
  const service = app(root, "log-service");
  // Of whom Redis is the store: the log service, and the pod that works on what is stored.
  const users = [service, ...(hasWorkPod(plan) ? [app(root, "log-service-work")] : [])];
  const http = onePort("TCP", PORTS.http);
  const ops = onePort("TCP", PORTS.ops);
  const monitoring = pods(plan.cluster.monitoring);
  const flows = users.map((to): Flow => {
    return { from: monitoring, to, ports: ops, why: "metrics of the log service" };
  });
  if (plan.redis.mode === "standalone") {
    const redis = app(root, "redis");
    flows.push(
      ...users.map((from) => ({
        from,
        to: redis,
        ports: onePort("TCP", PORTS.redis),
        why: "the log service's store",
      })),
      {
        from: monitoring,
        to: redis,
        ports: onePort("TCP", PORTS.exporter),
        why: "metrics of Redis",
      },
    );
  } else {
    const to = block({ cidr: plan.redis.cidr, except: [] });
    const ports = onePort("TCP", plan.redis.port);
    flows.push(
      ...users.map((from) => ({ from, to, ports, why: "the log service's external Redis" })),
    );
  }
  if (plan.api.ingress) {
    const controller = pods(plan.cluster.exposure.controller);
    flows.push({ from: controller, to: service, ports: http, why: "requests from outside" });
  }
  for (const each of plan.api.blocks) {
    flows.push({ from: block(each), to: service, ports: http, why: "network.api.cidrs" });
  }
  for (const namespace of plan.api.namespaces) {
    flows.push({
      from: all(namespace),
      to: service,
      ports: http,
      why: "network.api.organizations",
    });
  }
  return [
    ...flows,
    ...ofArchive(plan, users),
    ...ofSyslog(plan, service),
    ...ofWebSocket(plan, service),
  ];
}

/** To the tenant's own PostgreSQL, or to the server that has a database of its. */
function ofArchive(plan: Plan, users: readonly End[]): Flow[] {
  if (plan.archive === null) return [];
  const { database } = plan.archive;
  if (database.mode === "own") {
    const to = app(rootOf(plan), "archive");
    const ports = onePort("TCP", PORTS.archive);
    return users.map((from) => ({ from, to, ports, why: "the log service's archive" }));
  }
  const { peer, port } = database;
  const to = peer.kind === "pods" ? pods(peer) : block({ cidr: peer.cidr, except: [] });
  const ports = onePort("TCP", port);
  return users.map((from) => ({ from, to, ports, why: "the log service's external archive" }));
}

/** MCP over WebSocket, from those who may call; an ingress controller has `/mcp` on the API's port. */
function ofWebSocket({ api, logService }: Plan, to: End): Flow[] {
  if (!logService.mcpWebSocket) return [];
  const ports = onePort("TCP", PORTS.mcpWebSocket);
  const callers = [...api.blocks.map(block), ...api.namespaces.map(all)];
  return callers.map((from) => ({ from, to, ports, why: "logService.mcpWebSocket" }));
}

/** Syslog, from those who may send it; never from an ingress controller, which speaks HTTP. */
function ofSyslog({ api, logService: { syslog } }: Plan, to: End): Flow[] {
  const ports = [
    ...(syslog?.tcp === true ? onePort("TCP", PORTS.syslog) : []),
    ...(syslog?.tls === true ? onePort("TCP", PORTS.syslogTls) : []),
    ...(syslog?.udp === true ? onePort("UDP", PORTS.syslog) : []),
  ];
  if (ports.length === 0) return [];
  const senders = [...api.blocks.map(block), ...api.namespaces.map(all)];
  return senders.map((from) => ({ from, to, ports, why: "logService.syslog" }));
}

/** A closed tenant has none. */
function hasWorkPod({ state, logService }: Plan): boolean {
  return state === "active" && logService.work.place === "apart";
}

function ofNames(plan: Plan, { name, role }: NamespacePlan): Flow[] {
  // Neither Redis nor the archive asks names.
  if (role !== "root") return namesFor(plan, all(name));
  return [
    ...namesFor(plan, app(name, "log-service")),
    ...(hasWorkPod(plan) ? namesFor(plan, app(name, "log-service-work")) : []),
  ];
}

function namesFor({ cluster }: Plan, from: End): Flow[] {
  const ports = [...onePort("UDP", PORTS.dns), ...onePort("TCP", PORTS.dns)];
  const why = "names (DNS)";
  const flows: Flow[] = [{ from, to: pods(cluster.dns.resolver), ports, why }];
  for (const text of cluster.dns.cidrs) {
    flows.push({
      from,
      to: { kind: "addresses", addresses: addressesOf([text]), text },
      ports,
      why,
    });
  }
  return flows;
}

function ofOrganization(plan: Plan, namespace: NamespacePlan): Flow[] {
  const http = onePort("TCP", PORTS.http);
  switch (namespace.role) {
    case "root":
      return [];
    case "organization":
      return [
        {
          from: all(namespace.name),
          to: all(namespace.name),
          ports: EVERY_PORT,
          why: "the organization's pods among themselves",
        },
      ];
    case "mcp": {
      const endpoint = app(namespace.name, "mcp");
      const doors = plan.logService.mcpWebSocket
        ? [...http, ...onePort("TCP", PORTS.mcpWebSocket)]
        : http;
      return [
        {
          from: all(namespace.organizationNamespace),
          to: endpoint,
          ports: doors,
          why: "the organization's MCP endpoint",
        },
        {
          from: endpoint,
          to: app(rootOf(plan), "log-service"),
          ports: http,
          why: "the MCP endpoint's log service",
        },
        {
          from: pods(plan.cluster.monitoring),
          to: endpoint,
          ports: onePort("TCP", PORTS.ops),
          why: "metrics of the MCP endpoint",
        },
      ];
    }
  }
}

function ofRule(namespace: NamespacePlan, rule: RulePlan): Flow[] {
  const own: End = { kind: "pods", namespace: namespace.name, labels: rule.podLabels };
  const ports: PortSet = rule.ports.map(({ protocol, port, endPort }) => ({
    protocol,
    first: port,
    last: endPort ?? port,
  }));
  return rule.peers.map((peer): Flow => {
    const other = peer.kind === "ipBlock" ? block(peer) : all(peer.namespace);
    const [from, to] = rule.direction === "ingress" ? [other, own] : [own, other];
    return { from, to, ports, why: `network rule ${rule.name}`, only: rule.direction };
  });
}
