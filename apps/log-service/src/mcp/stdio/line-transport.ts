import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";

import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";

import { MCP_LIMITS } from "../../limits.ts";
import {
  INVALID_REQUEST,
  PARSE_ERROR,
  readJson,
  readMessage,
  refuse,
} from "../rpc/read-message.ts";

const NEWLINE = 0x0a;

/**
 * Messages as lines. The SDK's own transport passes over what is no JSON in silence and ends at a
 * line that is too long: here both are answered, and the next line is read.
 */
export class LineTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  readonly #input: Readable;
  readonly #write: (text: string) => Promise<void>;
  #line: Buffer[] = [];
  #length = 0;
  #isClosed = false;

  constructor(input: Readable, write: (text: string) => Promise<void>) {
    this.#input = input;
    this.#write = write;
  }

  async start(): Promise<void> {
    this.#input.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#input.on("error", (error) => this.onerror?.(error));
    this.#input.once("end", () => void this.close());
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (!this.#isClosed) await this.#write(`${JSON.stringify(message)}\n`);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#input.pause();
    this.onclose?.();
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      this.#end();
    }
    this.#keep(chunk.subarray(start));
  }

  /** What is beyond the limit is counted and let go of. */
  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length <= MCP_LIMITS.messageBytes) this.#line.push(part);
    else this.#line = [];
  }

  #end(): void {
    const [bytes, length] = [Buffer.concat(this.#line), this.#length];
    this.#line = [];
    this.#length = 0;
    if (length > MCP_LIMITS.messageBytes) {
      const sentence = `Invalid request: a message has at most ${MCP_LIMITS.messageBytes} bytes`;
      this.#answer(refuse(null, INVALID_REQUEST, sentence));
    } else if (isUtf8(bytes)) {
      const text = bytes.toString("utf8").trim();
      if (text !== "") this.#take(text);
    } else {
      // Decoding would replace wrong bytes silently: what is stored or cleared would not be what was sent.
      this.#answer(refuse(null, PARSE_ERROR, "Parse error: the message is not UTF-8"));
    }
  }

  #take(text: string): void {
    const json = readJson(text);
    if ("refusal" in json) return this.#answer(json.refusal);
    const read = readMessage(json.value);
    if ("refusal" in read) return this.#answer(read.refusal);
    this.onmessage?.(read.message);
  }

  #answer(refusal: object): void {
    this.#write(`${JSON.stringify(refusal)}\n`).catch((error: Error) => this.onerror?.(error));
  }
}
