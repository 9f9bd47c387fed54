const NAMES = [
  /** What the recording thread has done of what was handed over, in bytes and event costs. */
  "handled",
  "messagesToServer",
  "messagesToClient",
  "recorded",
  "dropped",
  "queued",
  /** 0 not known yet, 1 no, 2 yes. */
  "connected",
] as const;

type Name = (typeof NAMES)[number];

/** Figures that both threads see, without a message for each change. */
export class Counters {
  readonly shared: SharedArrayBuffer;
  readonly #values: BigInt64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(NAMES.length * 8)) {
    this.shared = shared;
    this.#values = new BigInt64Array(shared);
  }

  get(name: Name): number {
    return Number(Atomics.load(this.#values, NAMES.indexOf(name)));
  }

  set(name: Name, value: number): void {
    Atomics.store(this.#values, NAMES.indexOf(name), BigInt(value));
  }

  add(name: Name, value: number): void {
    Atomics.add(this.#values, NAMES.indexOf(name), BigInt(value));
  }
}
