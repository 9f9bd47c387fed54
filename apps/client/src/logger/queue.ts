/** Records that wait, the oldest first; bounded in number and in text. */
export class Queue {
  readonly #mostRecords: number;
  readonly #mostUnits: number;
  #lines: (string | undefined)[] = [];
  #head = 0;
  #units = 0;

  constructor(mostRecords: number, mostUnits: number) {
    this.#mostRecords = mostRecords;
    this.#mostUnits = mostUnits;
  }

  get length(): number {
    return this.#lines.length - this.#head;
  }

  get units(): number {
    return this.#units;
  }

  push(line: string): void {
    this.#lines.push(line);
    this.#units += line.length;
  }

  /** Whether there is more than may wait, with so much taken but not sent. */
  isOver(otherRecords: number, otherUnits: number): boolean {
    return (
      this.length + otherRecords > this.#mostRecords || this.#units + otherUnits > this.#mostUnits
    );
  }

  shift(): string | undefined {
    const line = this.#lines[this.#head];
    if (line === undefined) return undefined;
    // Lets go of the text at once; the places go in one piece, as moving all for each would cost their square.
    this.#lines[this.#head] = undefined;
    this.#head += 1;
    this.#units -= line.length;
    if (this.#head === this.#lines.length) {
      this.#lines = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
    return line;
  }

  /** The oldest, as many as fit; one at least. */
  take(records: number, units: number): string[] {
    const taken: string[] = [];
    let room = units;
    while (taken.length < records) {
      const next = this.#lines[this.#head];
      if (next === undefined || (taken.length > 0 && next.length > room)) break;
      room -= next.length;
      taken.push(next);
      this.shift();
    }
    return taken;
  }

  /** Back to where they came from. */
  unshift(lines: readonly string[]): void {
    this.#lines = [...lines, ...this.#lines.slice(this.#head)];
    this.#head = 0;
    for (const line of lines) this.#units += line.length;
  }
}
