import type { Logger } from "pino";

import type { ServeConfig } from "../config/serve.ts";
import { TlsFiles } from "../http/tls.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Writer } from "../operations/write.ts";
import type { RunningSyslog } from "../syslog/start.ts";

export type { RunningSyslog };

export interface SyslogPorts {
  readonly tcp: number | undefined;
  readonly tls?: number | undefined;
  readonly udp: number | undefined;
}

/** Listens for syslog where the configuration says so; its code is loaded then, and only then. */
export async function openSyslog(
  { syslog, namespaces, tls }: ServeConfig,
  deps: { readonly writer: Writer; readonly metrics: Metrics; readonly logger: Logger },
): Promise<RunningSyslog | undefined> {
  if (syslog.tcp === undefined && syslog.tls === undefined && syslog.udp === undefined) {
    return undefined;
  }
  const { startSyslog } = await import("../syslog/start.ts");
  const { writer, metrics, logger } = deps;
  const warnOfTls = (message: string): void => logger.warn(message);
  return startSyslog({
    config: syslog,
    defaultNamespace: namespaces.default,
    writer,
    metrics,
    // Followed by itself: each listener gets a renewed certificate.
    tls: syslog.tls === undefined || tls === undefined ? undefined : new TlsFiles(tls, warnOfTls),
    warn: (error) => logger.warn({ err: error }, "Syslog messages were not stored"),
  });
}
