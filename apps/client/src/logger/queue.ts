import { Chunk, room } from "./chunk.ts";

// Some hundred records: one of them is made for each quarter of a second of a busy program.
const CHUNK_BYTES = 64 * 1024;

/** Records that wait, the oldest first; bounded in number and bytes. */
export class Queue {
  readonly #mostRecords: number;
  readonly #mostBytes: number;
  #chunks: Chunk[] = [];
  #tail = new Chunk(Buffer.alloc(0));
  #records = 0;
  #bytes = 0;

  constructor(mostRecords: number, mostBytes: number) {
    this.#mostRecords = mostRecords;
    this.#mostBytes = mostBytes;
  }

  get length(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(line: string): void {
    if (!this.#tail.hasRoomFor(line)) {
      this.#tail = new Chunk(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, room(line))));
      this.#chunks.push(this.#tail);
    }
    this.#bytes += this.#tail.push(line);
    this.#records += 1;
  }

  /** Whether there is more than may wait, with so much taken but not sent. */
  isOver(otherRecords: number, otherBytes: number): boolean {
    return (
      this.#records + otherRecords > this.#mostRecords || this.#bytes + otherBytes > this.#mostBytes
    );
  }

  /** Drops the oldest. @returns whether there was one */
  shift(): boolean {
    this.#dropEmpty();
    const [first] = this.#chunks;
    if (first === undefined || first.records === 0) return false;
    this.#bytes -= first.shift();
    this.#records -= 1;
    if (this.#records === 0) this.#tail.reuse();
    return true;
  }

  /** The oldest, as many as fit; one at least, if there is one. */
  take(records: number, bytes: number): Chunk | undefined {
    if (this.#records === 0) return undefined;
    const taken: Chunk[] = [];
    let [left, free] = [records, bytes];
    while (left > 0) {
      this.#dropEmpty();
      const [first] = this.#chunks;
      if (first === undefined || first.records === 0) break;
      const isWhole = first !== this.#tail && first.records <= left && first.size <= free;
      const part = isWhole ? first : first.split(left, free, taken.length === 0 ? 1 : 0);
      if (isWhole) this.#chunks.shift();
      if (part.records === 0) break;
      taken.push(part);
      left -= part.records;
      free -= part.size;
      this.#records -= part.records;
      this.#bytes -= part.size;
    }
    if (this.#records === 0) this.#tail.reuse();
    const [only, ...others] = taken;
    return others.length === 0 ? only : Chunk.join(taken);
  }

  /** Back to where they came from. */
  unshift(chunk: Chunk): void {
    if (chunk.records === 0) return;
    this.#chunks.unshift(chunk);
    this.#records += chunk.records;
    this.#bytes += chunk.size;
  }

  #dropEmpty(): void {
    while (this.#chunks[0]?.records === 0 && this.#chunks[0] !== this.#tail) this.#chunks.shift();
  }
}
