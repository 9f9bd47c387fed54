/**
 * Lines as bytes, one after the other, each with its newline. Texts that are put together live on as
 * trees of their parts, which the collector copies again and again while they wait: bytes cost half of it.
 */
export class Chunk {
  readonly #bytes: Buffer;
  /** Where each line ends, behind its newline. */
  readonly #ends: number[];
  /** The first line that is left. */
  #head = 0;
  #start = 0;

  constructor(bytes: Buffer, ends: number[] = []) {
    this.#bytes = bytes;
    this.#ends = ends;
  }

  static of(lines: readonly string[]): Chunk {
    const chunk = new Chunk(Buffer.allocUnsafe(lines.reduce((sum, line) => sum + room(line), 0)));
    for (const line of lines) chunk.push(line);
    return chunk;
  }

  get records(): number {
    return this.#ends.length - this.#head;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  get #end(): number {
    return this.#ends.at(-1) ?? 0;
  }

  hasRoomFor(line: string): boolean {
    return this.#bytes.length - this.#end >= room(line);
  }

  /** @returns its bytes */
  push(line: string): number {
    const start = this.#end;
    const end = start + this.#bytes.write(line, start);
    this.#bytes[end] = 0x0a;
    this.#ends.push(end + 1);
    return end + 1 - start;
  }

  /** Lets go of the oldest. @returns its bytes */
  shift(): number {
    const end = this.#ends[this.#head] ?? this.#start;
    const size = end - this.#start;
    this.#head += 1;
    this.#start = end;
    return size;
  }

  /** All lines that are left, without the last newline. */
  body(): Buffer {
    return this.#bytes.subarray(this.#start, Math.max(this.#start, this.#end - 1));
  }

  /** Takes the oldest out, as many as fit and `atLeast` so many, as a chunk of their own. */
  split(records: number, bytes: number, atLeast: number): Chunk {
    const start = this.#start;
    const head = this.#head;
    let count = 0;
    while (count < Math.min(records, this.#ends.length - head)) {
      const end = this.#ends[head + count] ?? 0;
      if (count >= atLeast && end - start > bytes) break;
      count += 1;
    }
    const ends = this.#ends.slice(head, head + count);
    const end = ends.at(-1) ?? start;
    this.#head += count;
    this.#start = end;
    return new Chunk(
      Buffer.from(this.#bytes.subarray(start, end)),
      ends.map((each) => each - start),
    );
  }

  /** All of them, one behind the other. */
  static join(parts: readonly Chunk[]): Chunk {
    const ends: number[] = [];
    let at = 0;
    for (const part of parts) {
      for (const end of part.#ends.slice(part.#head)) ends.push(at + end - part.#start);
      at += part.size;
    }
    const bytes = parts.map((part) => part.#bytes.subarray(part.#start, part.#end));
    return new Chunk(Buffer.concat(bytes), ends);
  }

  /** For new lines, where none is left. */
  reuse(): void {
    this.#ends.length = 0;
    this.#head = 0;
    this.#start = 0;
  }
}

/** What a line may take: three bytes for each unit, and its newline. */
export function room(line: string): number {
  return 3 * line.length + 1;
}
