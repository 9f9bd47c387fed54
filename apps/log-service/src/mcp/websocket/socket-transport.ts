import type { Duplex } from "node:stream";

import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import type { RawData, WebSocket } from "ws";

import { MCP_LIMITS } from "../../limits.ts";
import {
  INVALID_REQUEST,
  readJson,
  readMessage,
  refuse,
  SERVER_BUSY,
} from "../rpc/read-message.ts";
import { CallsInFlight } from "./calls-in-flight.ts";
import type { ExpressCall, ExpressLane } from "./express-lane.ts";
import type { SocketRoom } from "./socket-room.ts";

/**
 * One client's WebSocket as the SDK's transport, with what the SDK leaves open: how many calls run
 * at once, what waits for a client that does not read, and how it ends.
 *
 * Whoever sends faster than it is served, or does not read its answers, is not read from: that
 * costs nobody anything but itself, and loses nothing.
 */
export class SocketTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #express: ExpressLane;
  readonly #room: SocketRoom;
  readonly #calls: CallsInFlight;
  /** Read from the socket before it stopped: at most what one read of the system gives. */
  #waiting: string[] = [];
  #next = 0;
  /** Bytes of a message that is half sent. */
  #partBytes = 0;
  #waitingBytes = 0;
  #isPaused = false;
  #isDraining = false;
  #isRefused = false;
  #isCorked = false;
  #wasHeard = true;
  #stalledAt = 0;

  constructor(socket: WebSocket, stream: Duplex, express: ExpressLane, room: SocketRoom) {
    this.#socket = socket;
    this.#stream = stream;
    this.#express = express;
    this.#room = room;
    this.#calls = new CallsInFlight(room);
    this.#calls.onEnd = () => this.#pump();
    socket.on("message", (data, isBinary) => this.#read(data, isBinary));
    socket.on("pong", () => (this.#wasHeard = true));
    socket.on("error", (error) => this.onerror?.(error));
    socket.on("close", () => {
      this.onclose?.();
      room.close();
    });
    // After the socket's own listener: what was a whole message by now has been read.
    stream.on("data", (chunk: Buffer) => this.#count(chunk));
    stream.on("drain", () => {
      room.unread(0);
      this.#pump();
    });
  }

  async start(): Promise<void> {
    // Messages come only after the SDK has set its callbacks: it does so before it returns to the event loop.
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#write(JSON.stringify(message));
    if ("method" in message || message.id === undefined) return;
    const request = this.#calls.answered(message.id);
    if (request !== undefined && "result" in message) this.#express.learn(request, message.result);
    this.#pump();
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
  }

  /** Told when a tool begins; answers what to call at its end. A cancelled one still works. */
  readonly begin = (): (() => void) => this.#calls.begin();

  /** Takes no more, answers what is under way, and closes; what takes too long is cut off. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#calls.idle(MCP_LIMITS.socketDrainMs);
    this.end(1001, "the service is shutting down");
  }

  end(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // A client that does not close its side keeps nobody waiting.
    setTimeout(() => this.#socket.terminate(), MCP_LIMITS.socketCloseMs).unref();
  }

  /** Asks whether the client is there, and ends it if it was not since the last time. */
  beat(): void {
    const waiting = this.#socket.bufferedAmount;
    const isStalled = waiting > MCP_LIMITS.socketWaitingBytes && waiting >= this.#stalledAt;
    // While nothing is read, no answer to a ping is heard either.
    if (isStalled && this.#stalledAt > 0) this.#socket.terminate();
    else if (!this.#wasHeard && !this.#isPaused) this.#socket.terminate();
    else this.#socket.ping();
    this.#stalledAt = isStalled ? waiting : 0;
    this.#wasHeard = this.#isPaused;
  }

  #read(data: RawData, isBinary: boolean): void {
    if (isBinary) {
      this.end(1003, "messages are text");
      return;
    }
    const text = String(data);
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    this.#partBytes = -1;
    this.#pump();
  }

  #count(chunk: Buffer): void {
    // Whoever sends is there; what answers a ping may stand behind megabytes.
    this.#wasHeard = true;
    // Behind a message there is less than a chunk of the next one.
    this.#partBytes = this.#partBytes < 0 ? 0 : this.#partBytes + chunk.length;
    this.#pump();
  }

  /** @returns Whether there is room for what has come and is not taken. */
  #hasRoom(): boolean {
    return this.#room.arriving(Math.max(0, this.#partBytes) + this.#waitingBytes);
  }

  #pump(): void {
    while (this.#next < this.#waiting.length && this.#mayTake()) {
      const text = this.#waiting[this.#next] ?? "";
      this.#next += 1;
      this.#waitingBytes -= text.length;
      this.#hasRoom();
      this.#take(text);
    }
    const isEmpty = this.#next >= this.#waiting.length;
    if (isEmpty && this.#next > 0) {
      this.#waiting = [];
      this.#next = 0;
    }
    const hasRoom = this.#hasRoom();
    // Calls that are under way make room when they end; without any, nobody knows when there will be some.
    if (!hasRoom && this.#calls.count === 0 && !this.#isRefused) {
      this.#isRefused = true;
      this.end(1013, "too many large messages arrive at once: try again later");
    }
    const pauses = !isEmpty || !hasRoom || !this.#mayTake();
    if (pauses === this.#isPaused) return;
    this.#isPaused = pauses;
    if (pauses) this.#socket.pause();
    else this.#socket.resume();
  }

  #mayTake(): boolean {
    return (
      !this.#isDraining &&
      !this.#isRefused &&
      this.#calls.count < MCP_LIMITS.socketInFlight &&
      this.#socket.bufferedAmount <= MCP_LIMITS.socketWaitingBytes
    );
  }

  #take(text: string): void {
    const json = readJson(text);
    if ("refusal" in json) return this.#write(JSON.stringify(json.refusal));
    const call = this.#express.take(json.value);
    if (call !== undefined && !this.#calls.has(call.id)) {
      if (!this.#calls.asked(call.id, text.length)) return this.#refuseBusy(call.id);
      void this.#run(call);
      return;
    }
    const read = readMessage(json.value);
    if ("refusal" in read) return this.#write(JSON.stringify(read.refusal));
    const { message } = read;
    if ("method" in message && "id" in message) {
      if (this.#calls.has(message.id)) {
        const sentence = "Invalid request: a request with this id is under way";
        return this.#write(JSON.stringify(refuse(message.id, INVALID_REQUEST, sentence)));
      }
      // Open for as long as the client likes; the SDK bounds how many there are.
      const isListening = message.method === "subscriptions/listen";
      if (!isListening && !this.#calls.asked(message.id, text.length, json.value)) {
        return this.#refuseBusy(message.id);
      }
    } else if ("method" in message && message.method === "notifications/cancelled") {
      const id = message.params?.["requestId"];
      // The SDK does not answer what was cancelled.
      if (typeof id === "string" || typeof id === "number") this.#calls.cancelled(id);
    }
    this.onmessage?.(message);
  }

  #refuseBusy(id: string | number): void {
    const sentence = "NL_STORE_BUSY: Too many large messages are under way. Try again in 1 s.";
    this.#write(JSON.stringify(refuse(id, SERVER_BUSY, sentence)));
  }

  async #run({ id, run }: ExpressCall): Promise<void> {
    const end = this.#calls.begin();
    const result = await run();
    // What was cancelled is not answered.
    if (this.#calls.has(id)) {
      this.#calls.answered(id);
      this.#write(JSON.stringify({ jsonrpc: "2.0", id, result }));
    }
    end();
  }

  /** Answers that are there at the same time go out together: a write of its own costs each 10 us. */
  #write(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#stream.uncork();
      });
    }
    this.#socket.send(text);
    // Whoever does not read while there is no room for it is not told why: it would not read that either.
    if (!this.#room.unread(this.#socket.bufferedAmount)) this.#socket.terminate();
  }
}
