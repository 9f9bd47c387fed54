import { once } from "node:events";
import { isIPv6, type AddressInfo } from "node:net";

import type { Address, SyslogConfig } from "../config/syslog.ts";
import { ServiceError } from "../errors.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Writer } from "../operations/write.ts";
import { Networks } from "./networks.ts";
import { SyslogSink } from "./sink.ts";
import { SyslogTcp, type SyslogTls } from "./tcp.ts";
import { SyslogUdp } from "./udp.ts";

export interface SyslogDeps {
  readonly config: SyslogConfig;
  /** Where messages go when the configuration names no namespace. */
  readonly defaultNamespace: string;
  readonly writer: Writer;
  readonly metrics: Metrics;
  readonly warn: (error: unknown) => void;
  /** The certificate, where the configuration gives TLS an address. */
  readonly tls?: SyslogTls | undefined;
}

export interface RunningSyslog {
  /** Undefined for what is off. */
  readonly tcpPort: number | undefined;
  readonly tlsPort: number | undefined;
  readonly udpPort: number | undefined;
  /** Takes no more, and stores what was received. */
  readonly stop: () => Promise<void>;
}

/** @throws ServiceError with NL_PORT_BUSY or NL_CONFIG; then nothing of it runs on. */
export async function startSyslog(deps: SyslogDeps): Promise<RunningSyslog> {
  const { config, writer, metrics, warn } = deps;
  const namespace = config.namespace ?? deps.defaultNamespace;
  const sink = new SyslogSink({ writer, namespace, zone: config.zone });
  const networks = new Networks(config.networks);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(stops.map((each) => each()));
  };
  const listenTcp = async (address: Address, variable: string, tls?: SyslogTls) => {
    const tcp = new SyslogTcp({ sink, networks, metrics, warn, tls });
    tcp.server.listen(address.port, address.host);
    await opened(once(tcp.server, "listening"), address, variable);
    stops.push(() => tcp.stop());
    return portOf(tcp.server.address());
  };
  try {
    let tcpPort: number | undefined;
    let tlsPort: number | undefined;
    let udpPort: number | undefined;
    if (config.tcp !== undefined) tcpPort = await listenTcp(config.tcp, "NEURALLOG_SYSLOG_TCP");
    if (config.tls !== undefined) {
      tlsPort = await listenTcp(config.tls, "NEURALLOG_SYSLOG_TLS", deps.tls);
    }
    if (config.udp !== undefined) {
      const family = isIPv6(config.udp.host) ? "udp6" : "udp4";
      const udp = new SyslogUdp({ family, sink, networks, metrics, warn });
      udp.socket.bind(config.udp.port, config.udp.host);
      await opened(once(udp.socket, "listening"), config.udp, "NEURALLOG_SYSLOG_UDP");
      udp.socket.on("error", warn);
      stops.push(() => udp.stop());
      udpPort = udp.socket.address().port;
    }
    return { tcpPort, tlsPort, udpPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function opened(listening: Promise<unknown>, address: Address, variable: string) {
  try {
    await listening;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const where = `${address.host}:${address.port}`;
    throw code === "EADDRINUSE"
      ? new ServiceError("NL_PORT_BUSY", `${where} is taken: set ${variable} to another address`)
      : new ServiceError("NL_CONFIG", `Cannot listen on ${where} (${code})`, { cause: error });
  }
}

function portOf(address: string | AddressInfo | null): number | undefined {
  return typeof address === "object" && address !== null ? address.port : undefined;
}
