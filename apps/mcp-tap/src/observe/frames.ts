import { MessageBuffer, type RawMessage, type Room } from "../message/raw.ts";
import type { StreamReader } from "./reader.ts";

/**
 * The messages in WebSocket frames (RFC 6455, 5.2), of a connection without extensions:
 *
 *     0      FIN, 3 reserved bits, 4 bits of opcode
 *     1      MASK, 7 bits of length: 126 and 127 say that 2 or 8 bytes of length follow
 *     2..9   length, big-endian
 *     then   4 bytes of mask, if there is one, and the payload
 *
 * A stream that is none is read no further: where its next frame begins, nobody can tell.
 */
export class FrameReader implements StreamReader {
  readonly #message: MessageBuffer;
  #head = Buffer.alloc(0);
  /** Of the frame that is being read: what is still to come, its mask, and whether it is data. */
  #frame:
    | { left: number; mask: Uint8Array; at: number; isData: boolean; isLast: boolean }
    | undefined;
  #isBroken = false;

  constructor(room: Room) {
    this.#message = new MessageBuffer(room);
  }

  push(bytes: Uint8Array, at: number): RawMessage[] {
    const messages: RawMessage[] = [];
    let rest = bytes;
    while (!this.#isBroken) {
      if (this.#frame === undefined) {
        if (rest.length === 0) break;
        const begun = this.#begin(rest);
        if (begun === undefined) break;
        rest = begun;
      }
      rest = this.#payload(rest);
      if (this.#frame === undefined || this.#frame.left > 0) break;
      const { isData, isLast } = this.#frame;
      this.#frame = undefined;
      if (isData && isLast) messages.push(this.#message.end(at));
    }
    return messages;
  }

  skip(): void {
    this.#isBroken = true;
    this.#message.drop();
  }

  end(): RawMessage[] {
    this.#message.drop();
    return [];
  }

  /** Reads a frame's head; the bytes behind it, or undefined as long as it is not all there. */
  #begin(bytes: Uint8Array): Uint8Array | undefined {
    const before = this.#head.length;
    const head = Buffer.concat([this.#head, bytes.subarray(0, 14 - before)]);
    const [first = 0, second = 0] = head;
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const isMasked = (second & 0x80) !== 0;
    const size = 2 + lengthBytes + (isMasked ? 4 : 0);
    if (head.length < 2 || head.length < size) {
      this.#head = head;
      return undefined;
    }
    this.#head = Buffer.alloc(0);
    const length =
      lengthBytes === 0
        ? short
        : lengthBytes === 2
          ? head.readUInt16BE(2)
          : Number(head.readBigUInt64BE(2));
    // A reserved bit is an extension that nobody agreed on.
    if ((first & 0x70) !== 0 || length > Number.MAX_SAFE_INTEGER) {
      this.skip();
      return undefined;
    }
    this.#frame = {
      left: length,
      mask: isMasked ? head.subarray(size - 4, size) : new Uint8Array(4),
      at: 0,
      isData: (first & 0x08) === 0,
      isLast: (first & 0x80) !== 0,
    };
    return bytes.subarray(size - before);
  }

  #payload(bytes: Uint8Array): Uint8Array {
    const frame = this.#frame;
    if (frame === undefined) return bytes;
    const part = Uint8Array.from(bytes.subarray(0, Math.min(frame.left, bytes.length)));
    if (frame.isData) {
      for (let at = 0; at < part.length; at += 1)
        part[at] = (part[at] ?? 0) ^ (frame.mask[(frame.at + at) & 3] ?? 0);
      this.#message.add(part);
    }
    frame.at += part.length;
    frame.left -= part.length;
    return bytes.subarray(part.length);
  }
}
