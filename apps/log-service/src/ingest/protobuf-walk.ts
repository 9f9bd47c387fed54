import type { Reader } from "protobufjs/minimal.js";

import type { ServiceError } from "../errors.ts";
import { INGEST_LIMITS } from "../limits.ts";
import { Turn } from "./turn.ts";

const LENGTH_DELIMITED = 2;

/** Where a message stands in the body. */
export interface MessageSpan {
  readonly start: number;
  readonly length: number;
}

export interface ProtobufWalkOptions {
  /** Of one message that is decoded, those of its own messages included: two bytes may be one that takes a hundred. */
  readonly fields: number;
  /** The protocol's own error for a body that is damaged outside of the messages that are decoded. */
  readonly damaged: (reason: string, cause?: unknown) => ServiceError;
}

/**
 * Walks the outer levels of a protobuf message by the runtime's reader and has the generated code decode
 * one record after the other: 16 MB decoded as one message would hold everybody up for a fifth of a
 * second, and as two million empty messages fill the process.
 */
export class ProtobufWalk {
  readonly whole: MessageSpan;
  readonly #reader: Reader;
  readonly #options: ProtobufWalkOptions;
  readonly #turn = new Turn();
  /** Fields that the message which is decoded may still have. */
  #fieldsLeft = 0;

  /** @param reader Of the whole body; the walk's own from now on. */
  constructor(reader: Reader, options: ProtobufWalkOptions) {
    this.whole = { start: 0, length: reader.len };
    this.#reader = reader;
    this.#options = options;
    reader.discardUnknown = true;
    const readTag = reader.tag;
    reader.tag = () => {
      this.#fieldsLeft -= 1;
      if (this.#fieldsLeft < 0) throw new RangeError("too many fields");
      return readTag.call(reader);
    };
  }

  /**
   * Takes what is in one field of a message, one by one and in turns.
   * @throws ServiceError `damaged`.
   */
  async each(
    { start, length }: MessageSpan,
    wanted: number,
    take: (span: MessageSpan) => void | Promise<void>,
  ): Promise<void> {
    const end = start + length;
    let passedOver = 0;
    for (let at = start; at < end;) {
      const found = this.#field(at, end, wanted);
      at = found.end;
      if (found.span !== undefined) {
        const taken = take(found.span);
        if (taken !== undefined) await taken;
      } else if ((passedOver += 1) % INGEST_LIMITS.passedOverFields !== 0) continue;
      if (this.#turn.isOver()) await this.#turn.next();
    }
  }

  /** Says of what is not decoded whether it has too many bytes or fields, or is none. */
  decode<T>(
    message: { decode(reader: Reader, length: number): T },
    { start, length }: MessageSpan,
  ): { readonly value: T } | "too large" | "damaged" {
    if (length > INGEST_LIMITS.recordBytes) return "too large";
    const reader = this.#reader;
    this.#fieldsLeft = this.#options.fields;
    try {
      reader.pos = start;
      return { value: message.decode(reader, length) };
    } catch {
      return this.#fieldsLeft < 0 ? "too large" : "damaged";
    } finally {
      // Decoding narrows the reader to the message, and leaves it so when it fails.
      reader.len = this.whole.length;
    }
  }

  #field(at: number, end: number, wanted: number): { end: number; span: MessageSpan | undefined } {
    const reader = this.#reader;
    this.#fieldsLeft = this.#options.fields;
    try {
      reader.pos = at;
      const tag = reader.tag();
      let span: MessageSpan | undefined;
      if (tag >>> 3 === wanted && (tag & 7) === LENGTH_DELIMITED) {
        const length = reader.uint32();
        span = { start: reader.pos, length };
        reader.pos += length;
      } else reader.skipType(tag & 7, 0, tag >>> 3);
      if (reader.pos <= end) return { end: reader.pos, span };
    } catch (error) {
      throw this.#options.damaged("a field is damaged", error);
    }
    throw this.#options.damaged("a field is longer than what holds it");
  }
}
