import { createHash } from "node:crypto";

import { LIMITS } from "../limits.ts";

/** One message as it crossed the tap. */
export interface RawMessage {
  /** All of it, or its beginning. */
  readonly bytes: Buffer;
  readonly size: number;
  readonly isWhole: boolean;
  readonly sha256: string;
  /** When its last byte came, in ms since the epoch. */
  readonly at: number;
}

/** What all messages that are still coming in may hold together. */
export class Room {
  #free: number;

  constructor(bytes: number = LIMITS.openBytes) {
    this.#free = bytes;
  }

  /** How many of these bytes may be held. */
  take(wanted: number): number {
    const given = Math.max(0, Math.min(wanted, this.#free));
    this.#free -= given;
    return given;
  }

  giveBack(bytes: number): void {
    this.#free += bytes;
  }
}

/** A message while it comes in: its beginning is kept, and all of it measured and hashed. */
export class MessageBuffer {
  readonly #room: Room;
  /** Grows by doubling: pieces kept one by one, each of a byte, would take a hundred times their size. */
  #bytes: Buffer = NOTHING;
  #kept = 0;
  #size = 0;
  #hash = createHash("sha256");

  constructor(room: Room) {
    this.#room = room;
  }

  get size(): number {
    return this.#size;
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    // Once something is missing, what comes later does not belong behind it.
    if (this.#kept === this.#size) {
      const given = this.#room.take(Math.min(bytes.length, LIMITS.readBytes - this.#kept));
      this.#reserve(this.#kept + given);
      this.#bytes.set(given === bytes.length ? bytes : bytes.subarray(0, given), this.#kept);
      this.#kept += given;
    }
    this.#size += bytes.length;
  }

  /** The message, now that it is over; what comes next is another one. */
  end(at: number): RawMessage {
    const message: RawMessage = {
      bytes: this.#bytes.subarray(0, this.#kept),
      size: this.#size,
      isWhole: this.#kept === this.#size,
      sha256: this.#hash.digest("hex"),
      at,
    };
    this.drop();
    return message;
  }

  drop(): void {
    this.#room.giveBack(this.#kept);
    this.#bytes = NOTHING;
    this.#kept = 0;
    this.#size = 0;
    this.#hash = createHash("sha256");
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafeSlow(
      Math.min(LIMITS.readBytes, Math.max(size, 2 * this.#kept)),
    );
    wider.set(this.#bytes.subarray(0, this.#kept));
    this.#bytes = wider;
  }
}

const NOTHING = Buffer.alloc(0);
