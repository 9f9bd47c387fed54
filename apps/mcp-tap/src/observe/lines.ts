import { MessageBuffer, type RawMessage, type Room } from "../message/raw.ts";
import type { StreamReader } from "./reader.ts";

const LINE_FEED = 0x0a;
const BLANK = /^\s*$/;

/** One message a line; blank lines are none. */
export class LineReader implements StreamReader {
  readonly #line: MessageBuffer;
  #isBroken = false;

  constructor(room: Room) {
    this.#line = new MessageBuffer(room);
  }

  push(bytes: Uint8Array, at: number): RawMessage[] {
    const messages: RawMessage[] = [];
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(LINE_FEED, start);
      this.#line.add(bytes.subarray(start, end === -1 ? bytes.length : end));
      if (end === -1) break;
      messages.push(...this.#take(at));
      start = end + 1;
    }
    return messages;
  }

  skip(): void {
    this.#isBroken = true;
  }

  end(at: number): RawMessage[] {
    return this.#line.size === 0 ? [] : this.#take(at);
  }

  #take(at: number): RawMessage[] {
    const message = this.#line.end(at);
    const isBroken = this.#isBroken;
    this.#isBroken = false;
    // A line with a hole in it is no message that anybody sent.
    if (isBroken || (message.isWhole && BLANK.test(message.bytes.toString("latin1")))) return [];
    return [message];
  }
}
