import type { BodyBudget, BodyShare } from "../../access/body-budget.ts";
import { MCP_LIMITS } from "../../limits.ts";

/**
 * What one connection holds in memory, out of what all doors share: messages that are half sent or wait
 * to be taken, calls under way, and answers that the client has not read. A little of the first and last
 * is every connection's own: the budget is for what is large.
 */
export class SocketRoom {
  readonly #arriving: BodyShare;
  readonly #calls: BodyShare;
  readonly #unread: BodyShare;

  constructor(bodies: BodyBudget, name: string) {
    this.#arriving = bodies.open(name);
    this.#calls = bodies.open(name);
    this.#unread = bodies.open(name);
  }

  /** @returns Whether there is room for so many bytes that have come and are not taken. */
  arriving(bytes: number): boolean {
    return fits(this.#arriving, bytes);
  }

  /** The same for what the client has not read. */
  unread(bytes: number): boolean {
    return fits(this.#unread, bytes);
  }

  /** The same for one call more. */
  begin(bytes: number): boolean {
    return this.#calls.resize(this.#calls.bytes + bytes);
  }

  end(bytes: number): void {
    this.#calls.resize(this.#calls.bytes - bytes);
  }

  close(): void {
    this.#arriving.close();
    this.#calls.close();
    this.#unread.close();
  }
}

function fits(share: BodyShare, bytes: number): boolean {
  const counted = bytes > MCP_LIMITS.socketOwnBytes ? bytes : 0;
  return counted === share.bytes || share.resize(counted);
}
