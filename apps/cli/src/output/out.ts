import { once } from "node:events";

/** Standard output that waits for slow readers, and ends quietly when the reader has seen enough (`| head`). */
export class Out {
  readonly #stream: NodeJS.WriteStream;
  #closed = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      this.#closed = true;
      if (error.code !== "EPIPE") throw error;
    });
  }

  /** True once nobody reads any more: there is no use in going on. */
  get closed(): boolean {
    return this.#closed;
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Characters of a line; of a pipe or file as many as a page has. */
  get columns(): number {
    return this.#stream.columns || 100;
  }

  async write(text: string): Promise<void> {
    if (this.#closed || this.#stream.write(text)) return;
    // A reader that goes away ends the wait too.
    await Promise.race([once(this.#stream, "drain"), once(this.#stream, "close")]).catch(() => {});
  }
}
