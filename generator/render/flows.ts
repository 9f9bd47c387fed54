// Pieces of NetworkPolicies. Peers are chosen by the name of their namespace, which Kubernetes itself writes and nobody
// can forge, and by pod labels only inside namespaces whose owners can't create pods.
import type { IpBlock, PeerPlan, Plan, PodsPlan, RulePlan } from "../plan/plan.ts";
import type { YamlValue } from "./quote.ts";

/** Ports of the bases. */
export const apiPort = 8080;
export const opsPort = 9464;
export const exporterPort = 9121;
export const redisPort = 6379;
export const archivePort = 5432;
export const mcpWebSocketPort = 9060;
export const syslogPort = 5514;
export const syslogTlsPort = 6514;

type Port = RulePlan["ports"][number];

/** One rule of `ingress`. */
export const from = (peers: YamlValue[], ports: YamlValue[]): YamlValue => ({ from: peers, ports });
/** One rule of `egress`. */
export const to = (peers: YamlValue[], ports: YamlValue[]): YamlValue => ({ to: peers, ports });

/** Every pod of a namespace. */
export const namespacePeer = (namespace: string): YamlValue => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
});

/** The pods of a namespace that have these labels: one peer with both selectors, since two would mean 'or'. */
export const podsPeer = (pods: PodsPlan): YamlValue => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": pods.namespace } },
  podSelector: { matchLabels: pods.podLabels },
});

/** Pods of ours by their application, in a namespace of the tenant. */
export const appPeer = (namespace: string, app: "log-service" | "mcp"): YamlValue =>
  podsPeer({ namespace, podLabels: { "app.kubernetes.io/name": app } });

export const blockPeer = (block: IpBlock): YamlValue => ({
  ipBlock: { cidr: block.cidr, ...(block.except.length > 0 ? { except: block.except } : {}) },
});

export const tcp = (port: number): YamlValue => ({ port, protocol: "TCP" });

const udp = (port: number): YamlValue => ({ port, protocol: "UDP" });

/** Ports of the further doors that are on: beside the API's for those who may come there without an ingress controller. */
export const furtherPorts = ({ logService: { syslog, mcpWebSocket } }: Plan): YamlValue[] => [
  ...webSocketPorts(mcpWebSocket),
  ...(syslog?.tcp === true ? [tcp(syslogPort)] : []),
  ...(syslog?.udp === true ? [udp(syslogPort)] : []),
  ...(syslog?.tls === true ? [tcp(syslogTlsPort)] : []),
];

/** Of MCP over WebSocket, where it is on: the log service's and its MCP endpoints'. */
export const webSocketPorts = (isOn: boolean): YamlValue[] => (isOn ? [tcp(mcpWebSocketPort)] : []);

/** UDP and TCP: answers that are too long for a datagram come over TCP. */
export const dnsPorts: YamlValue[] = [{ port: 53, protocol: "UDP" }, tcp(53)];

/** The peer of a custom rule. */
export const rulePeer = (peer: PeerPlan): YamlValue =>
  peer.kind === "ipBlock" ? blockPeer(peer) : namespacePeer(peer.namespace);

/** A port of a custom rule, or a range of them. */
export const rulePort = (port: Port): YamlValue => ({
  port: port.port,
  ...(port.endPort === null ? {} : { endPort: port.endPort }),
  protocol: port.protocol,
});

/** One rule of `ingress`: from pods of ours in the same namespace. */
export const appIngress = (app: string, port: number): YamlValue =>
  from([{ podSelector: { matchLabels: { "app.kubernetes.io/name": app } } }], [tcp(port)]);
