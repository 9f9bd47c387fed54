import { createSocket, type Socket } from "node:dgram";

import { ServiceError } from "../errors.ts";
import { SYSLOG_LIMITS } from "../limits.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Networks } from "./networks.ts";
import type { Message, SyslogSink } from "./sink.ts";

export interface UdpOptions {
  readonly family: "udp4" | "udp6";
  readonly sink: SyslogSink;
  readonly networks: Networks;
  readonly metrics: Metrics;
  readonly warn: (error: unknown) => void;
}

/**
 * Syslog over UDP, a message in each datagram. Nobody can be told to wait here: what finds no room
 * is dropped and counted.
 */
export class SyslogUdp {
  readonly socket: Socket;
  readonly #options: UdpOptions;
  #waiting: Message[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #storing: Promise<void> = Promise.resolve();
  #isStoring = false;

  constructor(options: UdpOptions) {
    this.#options = options;
    this.socket = createSocket({ type: options.family, recvBufferSize: 4 * 1024 * 1024 });
    this.socket.on("message", (bytes, { address }) => this.#take(bytes, address));
  }

  /** Takes no more, and stores what waits. */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
    clearTimeout(this.#timer);
    // A batch that ends begins the next one, as long as there is one.
    for (let last; last !== this.#storing;) {
      last = this.#storing;
      await last;
    }
    await this.#store();
  }

  #take(bytes: Buffer, sender: string): void {
    const { networks, metrics } = this.#options;
    if (!networks.has(sender)) {
      metrics.refused("NL_SYSLOG_SENDER");
      return;
    }
    if (bytes.length === 0) return;
    const full =
      this.#waiting.length >= SYSLOG_LIMITS.datagrams ||
      this.#waitingBytes + bytes.length > SYSLOG_LIMITS.datagramBytes;
    if (full) {
      metrics.rejected("NL_STORE_BUSY");
      return;
    }
    this.#waiting.push({ bytes, sender });
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length >= SYSLOG_LIMITS.batchDatagrams) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), SYSLOG_LIMITS.batchMs);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One batch at a time: those that come meanwhile make the next one larger.
    if (this.#isStoring) return;
    this.#isStoring = true;
    this.#storing = this.#store().finally(() => {
      this.#isStoring = false;
      if (this.#waiting.length > 0) this.#begin();
    });
  }

  async #store(): Promise<void> {
    const { sink, metrics, warn } = this.#options;
    const messages = this.#waiting;
    if (messages.length === 0) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      await sink.store(messages, "syslog-udp");
    } catch (error) {
      const code = error instanceof ServiceError ? error.code : "NL_INTERNAL";
      for (let at = 0; at < messages.length; at += 1) metrics.rejected(code);
      warn(error);
    }
  }
}
