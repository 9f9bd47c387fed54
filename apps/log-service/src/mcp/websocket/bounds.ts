import { ServiceError } from "../../errors.ts";

/** How many connections there may be: in all, and of one caller, so that none shuts the others out. */
export class ConnectionBounds {
  readonly #most: number;
  readonly #mostOfCaller: number;
  readonly #ofCaller = new Map<string, number>();
  #all = 0;

  constructor(most: number, mostOfCaller: number) {
    this.#most = most;
    this.#mostOfCaller = mostOfCaller;
  }

  /**
   * Before it is known who comes.
   * @returns What to call when the connection has ended.
   * @throws ServiceError NL_MCP_CONNECTIONS.
   */
  enter(): () => void {
    if (this.#all >= this.#most) throw tooMany("Too many MCP connections are open");
    this.#all += 1;
    return once(() => (this.#all -= 1));
  }

  /** The same once it is known. */
  enterAs(name: string): () => void {
    const open = this.#ofCaller.get(name) ?? 0;
    if (open >= this.#mostOfCaller) {
      throw tooMany(`The key ${name} has ${open} MCP connections open, and may not have more`);
    }
    this.#ofCaller.set(name, open + 1);
    return once(() => {
      const left = (this.#ofCaller.get(name) ?? 1) - 1;
      if (left > 0) this.#ofCaller.set(name, left);
      else this.#ofCaller.delete(name);
    });
  }
}

function tooMany(sentence: string): ServiceError {
  return new ServiceError("NL_MCP_CONNECTIONS", sentence, { retryAfterSeconds: 10 });
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
