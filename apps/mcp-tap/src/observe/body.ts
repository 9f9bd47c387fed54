import { MessageBuffer, type RawMessage, type Room } from "../message/raw.ts";
import type { StreamReader } from "./reader.ts";

/** The whole stream is one message, or none. */
export class BodyReader implements StreamReader {
  readonly #body: MessageBuffer;
  #isBroken = false;

  constructor(room: Room) {
    this.#body = new MessageBuffer(room);
  }

  push(bytes: Uint8Array): RawMessage[] {
    this.#body.add(bytes);
    return [];
  }

  skip(): void {
    this.#isBroken = true;
  }

  end(at: number): RawMessage[] {
    if (this.#body.size === 0) return [];
    const message = this.#body.end(at);
    return this.#isBroken ? [] : [message];
  }
}
