import { Clock, zoneOf } from "@neurallog/formats";

import type { Principal } from "../access/principal.ts";
import { BatchBuilder } from "../ingest/batch.ts";
import { readSyslogMessage } from "../ingest/syslog/read-message.ts";
import { Turn } from "../ingest/turn.ts";
import type { Writer } from "../operations/write.ts";

export interface Message {
  readonly bytes: Buffer;
  /** The sender's address. */
  readonly sender: string | undefined;
}

export interface SinkOptions {
  readonly writer: Writer;
  /** Where all messages go. */
  readonly namespace: string;
  /** Zone of times that name none, as those of RFC 3164 never do. */
  readonly zone: string;
}

/** Stores messages in the name of syslog itself: there is nobody else to name. */
export class SyslogSink {
  readonly #writer: Writer;
  readonly #principal: Principal;
  readonly #options: SinkOptions;

  constructor(options: SinkOptions) {
    this.#writer = options.writer;
    this.#options = options;
    this.#principal = {
      name: "(syslog)",
      roles: ["writer"],
      namespaces: new Set([options.namespace]),
    };
  }

  /**
   * Resolves when the messages are kept.
   * @throws ServiceError when the rate is used up or the store cannot keep them; then none is.
   */
  async store(messages: readonly Message[], protocol: "syslog-tcp" | "syslog-udp"): Promise<void> {
    this.#writer.admit(this.#principal);
    const context = this.#writer.context(this.#principal, this.#options.namespace);
    const clock = new Clock({ zone: zoneOf(this.#options.zone), reference: context.received });
    const batch = new BatchBuilder();
    const turn = new Turn();
    let size = 0;
    for (const { bytes, sender } of messages) {
      size += bytes.length;
      batch.add(readSyslogMessage(bytes, sender, context, clock));
      if (turn.isOver()) await turn.next();
    }
    await this.#writer.write(this.#principal, batch, protocol, size);
  }
}
