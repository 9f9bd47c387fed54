import { MessageBuffer, type RawMessage, type Room } from "../message/raw.ts";
import type { StreamReader } from "./reader.ts";
import { splitLines } from "./split-lines.ts";

const newline = Uint8Array.of(0x0a);

/** The data of server-sent events that are messages; comments, ids and events of other names are not. */
export class EventReader implements StreamReader {
  readonly #line: MessageBuffer;
  readonly #data: MessageBuffer;
  #hasData = false;
  #isMessage = true;
  #isBroken = false;

  constructor(room: Room) {
    this.#line = new MessageBuffer(room);
    this.#data = new MessageBuffer(room);
  }

  push(bytes: Uint8Array, at: number): RawMessage[] {
    return splitLines(bytes, this.#line, () => this.#endLine(at));
  }

  skip(): void {
    this.#isBroken = true;
  }

  /** An event that no blank line ends is not one, by the specification; it was sent all the same. */
  end(at: number): RawMessage[] {
    return [...this.#endLine(at), ...this.#endEvent(at)];
  }

  #endLine(at: number): RawMessage[] {
    const { bytes, isWhole, size } = this.#line.end(at);
    const line = bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
    if (line.length === 0) return this.#endEvent(at);
    const head = line.subarray(0, 6).toString("latin1");
    if (head.startsWith("data:")) {
      if (this.#hasData) this.#data.add(newline);
      this.#hasData = true;
      this.#data.add(line.subarray(line[5] === 0x20 ? 6 : 5));
      // What the line was too long for is missing from the message too.
      if (!isWhole || size > bytes.length) this.#isBroken = true;
    } else if (head === "event:") {
      const name = line.subarray(6).toString("latin1").trim();
      this.#isMessage = name === "" || name === "message";
    }
    return [];
  }

  #endEvent(at: number): RawMessage[] {
    const message = this.#hasData ? this.#data.end(at) : undefined;
    const isMessage = this.#isMessage;
    const isBroken = this.#isBroken;
    this.#hasData = false;
    this.#isMessage = true;
    this.#isBroken = false;
    if (message === undefined || !isMessage) return [];
    return [isBroken ? { ...message, isWhole: false } : message];
  }
}
