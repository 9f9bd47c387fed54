import type { Scope } from "../query/engine/questions.ts";
import { FOLLOW_LIMITS } from "../limits.ts";
import type { LogStore } from "../store/port.ts";
import { bookmarkOf, type Bookmark } from "./bookmark.ts";
import { readWindow, type Window } from "./window.ts";

/** The present of some namespaces: reads each window once, for all who follow them. */
export class Channel {
  readonly #store: LogStore;
  readonly #scope: Scope;
  readonly #onWindow: (window: Window) => void;
  #position: Bookmark | undefined;
  #names: readonly string[] = [];
  #namesAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: LogStore, scope: Scope, onWindow: (window: Window) => void) {
    this.#store = store;
    this.#scope = scope;
    this.#onWindow = onWindow;
  }

  /** Everything up to here was handed on. */
  get position(): Bookmark {
    return this.#position ?? new Map();
  }

  /** Hands on what was committed until now. Calls that come while one runs share the next one. */
  async catchUp(): Promise<void> {
    // One that runs may have read already.
    await this.#running;
    this.#running ??= this.#read().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** From now on by itself, until stopped. */
  start(onFailure: (error: unknown) => void): void {
    const again = () => {
      this.#timer = setTimeout(() => {
        this.catchUp().then(again, onFailure);
      }, FOLLOW_LIMITS.pollMs);
    };
    if (this.#timer === undefined) again();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Namespaces that exist, where all are followed: new ones are followed from their first record. */
  async names(): Promise<readonly string[]> {
    if (this.#scope.names !== "*") return this.#scope.names;
    if (performance.now() - this.#namesAt > FOLLOW_LIMITS.namespacesMs) {
      const all = await this.#store.names();
      this.#names = all.filter((name) => this.#scope.except?.includes(name) !== true);
      this.#namesAt = performance.now();
    }
    return this.#names;
  }

  async #read(): Promise<void> {
    if (this.#position === undefined) {
      const { positions } = await this.#store.snapshot(await this.names());
      this.#position = bookmarkOf(positions);
      return;
    }
    for (let more = true; more;) {
      const window = await readWindow(this.#store, await this.names(), this.#position);
      this.#position = window.end;
      more = window.more;
      this.#onWindow(window);
    }
  }
}
