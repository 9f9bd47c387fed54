import { MessageBuffer, type RawMessage, type Room } from "../message/raw.ts";
import type { StreamReader } from "./reader.ts";
import { splitLines } from "./split-lines.ts";

const BLANK = /^\s*$/;

/** One message a line; blank lines are none. */
export class LineReader implements StreamReader {
  readonly #line: MessageBuffer;
  #isBroken = false;

  constructor(room: Room) {
    this.#line = new MessageBuffer(room);
  }

  push(bytes: Uint8Array, at: number): RawMessage[] {
    return splitLines(bytes, this.#line, () => this.#take(at));
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
