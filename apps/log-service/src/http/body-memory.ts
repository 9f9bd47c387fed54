import { INGEST_LIMITS } from "../limits.ts";

/** A smaller body is not worth keeping memory for. */
const LEAST = 64 * 1024;

/**
 * Memory of large bodies that is used again: what is given back to the garbage collector in pieces of
 * hundreds of kilobytes makes it run a hundred times a second, at a third of what ingest costs.
 */
export class BodyMemory {
  readonly #free: Buffer[] = [];
  #kept = 0;

  /** @returns So many bytes, with anything in them. */
  take(length: number): Buffer {
    if (length < LEAST) return Buffer.allocUnsafe(length);
    const fits = this.#free.findIndex((each) => each.length >= length);
    const [found] = fits === -1 ? [] : this.#free.splice(fits, 1);
    if (found !== undefined) this.#kept -= found.length;
    const whole = found ?? Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length)));
    return whole.subarray(0, length);
  }

  /** Takes a body back, which nobody looks at any more. */
  giveBack(body: Buffer): void {
    // A small one may lie in memory that Node shares out.
    if (body.length < LEAST) return;
    const whole = Buffer.from(body.buffer);
    if (this.#kept + whole.length > INGEST_LIMITS.keptBodyBytes) return;
    this.#kept += whole.length;
    this.#free.push(whole);
  }
}
