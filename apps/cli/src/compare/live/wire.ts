import { CliError } from "../../errors.ts";
import { COMPARE_LIMITS } from "../limits.ts";
import { isObject } from "../listing.ts";

export interface Message {
  readonly jsonrpc: "2.0";
  readonly id?: number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A way to a server that takes one question at a time. */
export interface Wire {
  /** The answer's whole message, whatever it holds. */
  ask(message: Message & { readonly id: number }, signal: AbortSignal): Promise<unknown>;
  tell(message: Message): Promise<void>;
  /** HTTP names the version in a header. */
  speak(version: string): void;
  close(): Promise<void>;
}

/** Matches answers to questions on a wire that carries whole messages in both directions. */
export class Answers {
  readonly #waiting = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #refuse: (text: string) => void;
  #failure: Error | undefined;

  /** @param refuse Sends the answer to what the server asks: nothing of it is done here. */
  constructor(refuse: (text: string) => void) {
    this.#refuse = refuse;
  }

  wait(id: number, signal: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#failure !== undefined) reject(this.#failure);
    this.#waiting.set(id, { resolve, reject });
    signal.addEventListener("abort", () => reject(noAnswer()), { once: true });
    return promise;
  }

  take(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      // What else a server says on its wire is not what is compared here; the tap shows it.
      return;
    }
    for (const one of Array.isArray(message) ? message : [message]) this.#takeOne(one);
  }

  fail(reason: string): void {
    this.#failure = new CliError("CLI_NOT_COMPARED", reason);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
  }

  #takeOne(message: unknown): void {
    if (!isObject(message)) return;
    const { id, method } = message;
    if (typeof method === "string") {
      if (id !== undefined)
        this.#refuse(
          JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "not here" } }),
        );
      return;
    }
    if (typeof id !== "number") return;
    this.#waiting.get(id)?.resolve(message);
    this.#waiting.delete(id);
  }
}

export function noAnswer(): CliError {
  return new CliError("CLI_NOT_COMPARED", "no answer in time: --timeout gives it longer");
}

export function tooLong(): string {
  return `an answer is longer than ${COMPARE_LIMITS.messageBytes / 1024 / 1024} MiB`;
}
