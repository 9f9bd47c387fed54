import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer, type SecureContextOptions } from "node:tls";
import type { Server as TlsServer } from "node:tls";

import { ServiceError } from "../errors.ts";
import { SYSLOG_LIMITS } from "../limits.ts";
import type { Metrics } from "../observe/metrics.ts";
import { SyslogFramer } from "./framing.ts";
import type { Networks } from "./networks.ts";
import type { SyslogSink } from "./sink.ts";

/** The certificate of a listener, as the main one has it. */
export interface SyslogTls {
  /** Whether senders have to show a certificate of the configured authority. */
  readonly asksForCertificates: boolean;
  options(): SecureContextOptions;
  follow(server: TlsServer): void;
}

export interface TcpOptions {
  /** Without it the listener is plain TCP. */
  readonly tls?: SyslogTls | undefined;
  readonly sink: SyslogSink;
  readonly networks: Networks;
  readonly metrics: Metrics;
  /** Told of what cannot be stored, for the service's own log. */
  readonly warn: (error: unknown) => void;
  /** Only tests have others. */
  readonly limits?: { readonly [K in keyof typeof SYSLOG_LIMITS]: number };
}

/**
 * Syslog over TCP. A sender is slowed down by not reading from it while its messages are stored, so
 * overload loses nothing: a batch that could not be stored is tried again while the sender waits.
 */
export class SyslogTcp {
  readonly server: Server;
  readonly #options: TcpOptions;
  readonly #limits: { readonly [K in keyof typeof SYSLOG_LIMITS]: number };
  readonly #sockets = new Set<Socket>();
  readonly #running = new Set<Promise<void>>();
  #closing = new AbortController();

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#limits = options.limits ?? SYSLOG_LIMITS;
    this.server = options.tls === undefined ? this.#plain() : this.#secure(options.tls);
    this.server.maxConnections = this.#limits.connections;
  }

  /** Takes no more, and stores what was received. */
  async stop(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([closed, ...this.#running]);
  }

  #plain(): Server {
    return createServer((socket) => {
      if (this.#isWelcome(socket)) this.#accept(socket);
    });
  }

  /** RFC 5425. A sender without the certificate that is asked for is cut off in the handshake. */
  #secure(tls: SyslogTls): Server {
    const server = createTlsServer(
      {
        ...tls.options(),
        requestCert: tls.asksForCertificates,
        rejectUnauthorized: tls.asksForCertificates,
        handshakeTimeout: this.#limits.messageMs,
      },
      (socket) => this.#accept(socket),
    );
    tls.follow(server);
    // Before the handshake, which costs more than looking at an address.
    server.prependListener("connection", (socket: Socket) => void this.#isWelcome(socket));
    server.on("tlsClientError", () => this.#options.metrics.refused("NL_SYSLOG_TLS"));
    return server;
  }

  #isWelcome(socket: Socket): boolean {
    // Whoever goes away in the middle is nobody's failure.
    socket.on("error", () => undefined);
    if (this.#options.networks.has(socket.remoteAddress)) {
      // Known from here on, or a handshake that never ends would hold up the stop.
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      return true;
    }
    this.#options.metrics.refused("NL_SYSLOG_SENDER");
    socket.destroy();
    return false;
  }

  #accept(socket: Socket): void {
    const { metrics, warn } = this.#options;
    socket.on("error", () => undefined);
    if (!this.#sockets.has(socket)) {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    }
    const running = this.#serve(socket)
      .catch((error: unknown) => {
        if (error instanceof ServiceError) metrics.refused(error.code);
        else if (!isAborted(error)) warn(error);
      })
      .finally(() => {
        socket.destroy();
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  async #serve(socket: Socket): Promise<void> {
    const framer = new SyslogFramer();
    const sender = socket.remoteAddress;
    socket.setTimeout(this.#limits.idleMs, () => socket.destroy());
    let late: NodeJS.Timeout | undefined;
    try {
      // Nothing more is read while the loop's body runs: TCP itself tells the sender to wait.
      for await (const chunk of socket) {
        const found = framer.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
        if (found.length > 0 || !framer.isWithin) {
          clearTimeout(late);
          late = undefined;
        }
        await this.#store(found, sender, socket);
        if (framer.isWithin) {
          late ??= setTimeout(() => {
            this.#options.metrics.refused("NL_REQUEST_TIMEOUT");
            socket.destroy();
          }, this.#limits.messageMs);
        }
      }
    } catch (error) {
      // A connection that is cut off is an end like any other; what came before is stored.
      if (error instanceof ServiceError) throw error;
    } finally {
      clearTimeout(late);
      for (let at = 0; at < framer.cut; at += 1)
        this.#options.metrics.rejected("NL_RECORD_TOO_LARGE");
    }
    await this.#store(framer.end(), sender, socket);
  }

  async #store(found: readonly Buffer[], sender: string | undefined, socket: Socket) {
    if (found.length === 0) return;
    const { sink } = this.#options;
    const messages = found.map((bytes) => ({ bytes, sender }));
    for (;;) {
      try {
        await sink.store(messages, "syslog-tcp");
        return;
      } catch (error) {
        if (!isTemporary(error) || this.#closing.signal.aborted) {
          for (let at = 0; at < found.length; at += 1)
            this.#options.metrics.rejected(codeOf(error));
          this.#options.warn(error);
          return;
        }
        // While the sender waits it is not idle.
        socket.setTimeout(0);
        const wait =
          error.retryAfterSeconds === undefined
            ? this.#limits.retryMs
            : error.retryAfterSeconds * 1000;
        await sleep(Math.max(wait, 1), undefined, { signal: this.#closing.signal }).catch(
          () => undefined,
        );
        socket.setTimeout(this.#limits.idleMs);
      }
    }
  }
}

function isTemporary(error: unknown): error is ServiceError {
  return error instanceof ServiceError && (error.status === 503 || error.status === 429);
}

function codeOf(error: unknown) {
  return error instanceof ServiceError ? error.code : "NL_INTERNAL";
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
