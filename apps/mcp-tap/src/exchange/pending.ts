import { LIMITS } from "../limits.ts";
import type { Direction } from "../observe/events.ts";

/** A request that waits for its answer. */
export interface Asked {
  readonly method: string;
  readonly tool: string | undefined;
  readonly traceId: string | undefined;
  readonly at: number;
  /** What its progress is told under, where that is not its id. */
  readonly progressToken?: unknown;
}

const opposite = { "to-server": "to-client", "to-client": "to-server" } as const;

/** Which answer belongs to which request: by connection, direction and id. The id 1 is not the id "1". */
export class Pending {
  readonly #asked = new Map<string, Asked>();
  readonly #limit: number;

  constructor(limit: number = LIMITS.pending) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#asked.size;
  }

  /** @returns Whether another request of this id was still waiting. */
  ask(connection: string, direction: Direction, id: unknown, asked: Asked): boolean {
    const key = keyOf(connection, direction, id);
    const isTwice = this.#asked.delete(key);
    this.#asked.set(key, asked);
    if (asked.progressToken !== undefined)
      this.#asked.set(progressKey(connection, asked.progressToken), asked);
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= this.#limit) break;
      this.#asked.delete(oldest);
    }
    return isTwice;
  }

  /** The request that an answer in this direction is for; it waits no more. */
  answer(connection: string, direction: Direction, id: unknown): Asked | undefined {
    const key = keyOf(connection, opposite[direction], id);
    const asked = this.#asked.get(key);
    this.#asked.delete(key);
    if (asked?.progressToken !== undefined)
      this.#asked.delete(progressKey(connection, asked.progressToken));
    return asked;
  }

  /** The request that a notification is about, by its id or its progress token, in either direction. */
  find(connection: string, id: unknown): Asked | undefined {
    return (
      this.#asked.get(progressKey(connection, id)) ??
      this.#asked.get(keyOf(connection, "to-server", id)) ??
      this.#asked.get(keyOf(connection, "to-client", id))
    );
  }
}

function progressKey(connection: string, token: unknown): string {
  return keyOf(connection, "progress", token);
}

function keyOf(connection: string, kind: Direction | "progress", id: unknown): string {
  const text = JSON.stringify(id) ?? "undefined";
  return `${connection} ${kind} ${text.slice(0, LIMITS.fieldUnits)}`;
}
