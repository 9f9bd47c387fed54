import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { expect } from "vitest";
import { z } from "zod";

import { RateLimiter } from "../../../apps/log-service/src/access/rate-limiter.ts";
import { syslogConfig, syslogFields } from "../../../apps/log-service/src/config/syslog.ts";
import { Metrics } from "../../../apps/log-service/src/observe/metrics.ts";
import { Writer } from "../../../apps/log-service/src/operations/write.ts";
import { NO_REDACTION } from "../../../apps/log-service/src/record/redact.ts";
import { startSyslog } from "../../../apps/log-service/src/syslog/start.ts";
import type { SyslogTls } from "../../../apps/log-service/src/syslog/tcp.ts";
import { keepingStore } from "../http/keep.ts";

export type Syslog = Awaited<ReturnType<typeof startTestSyslog>>;

/** Syslog on free ports of this machine and a store in memory. */
export async function startTestSyslog(env: Readonly<Record<string, string>> = {}, tls?: SyslogTls) {
  const { store, kept } = keepingStore();
  const metrics = new Metrics();
  const warnings: unknown[] = [];
  const writer = new Writer({
    store,
    limiter: new RateLimiter({ recordsPerSecond: undefined, bytesPerSecond: undefined }),
    namespaces: { enabled: true, default: "default" },
    metrics,
    redactor: NO_REDACTION,
  });
  const config = syslogConfig(
    z.object(syslogFields).parse({
      NEURALLOG_SYSLOG_TCP: "127.0.0.1:0",
      NEURALLOG_SYSLOG_UDP: "127.0.0.1:0",
      ...env,
    }),
  );
  const syslog = await startSyslog({
    config,
    defaultNamespace: "default",
    writer,
    metrics,
    tls,
    warn: (error) => void warnings.push(error),
  });
  const tcpPort = syslog.tcpPort ?? 0;
  const tlsPort = syslog.tlsPort ?? 0;
  const udpPort = syslog.udpPort ?? 0;
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= syslog.stop().then(() => store.close()));
  return {
    store,
    kept,
    metrics,
    warnings,
    writer,
    tlsPort,
    open: (port = tcpPort) => open(port),
    datagram: (text: string | Buffer) => datagram(udpPort, text),
    /** The value of a counter by a label. */
    count: async (name: string, code: string) => {
      const found = (await metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
      return found.find(({ labels }) => Object.values(labels).includes(code))?.value ?? 0;
    },
    /** The messages, once there are so many. */
    messages: async (count: number) => {
      await expect.poll(() => kept.length).toBeGreaterThanOrEqual(count);
      return kept.map(({ message }) => message);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** When the other end has closed, with or without a reset. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}

async function datagram(port: number, text: string | Buffer): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.send(Buffer.from(text), port, "127.0.0.1", () => resolve());
  });
  socket.close();
}
