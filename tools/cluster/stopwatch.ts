/** How long each part of a start took. */
export class Stopwatch {
  readonly #started = performance.now();
  readonly laps: { name: string; ms: number }[] = [];

  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    this.laps.push({ name, ms: performance.now() - started });
    return result;
  }

  /** `etcd 0.2 s, kube-apiserver 3.1 s (3.4 s in all)` */
  toString(): string {
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
    const laps = this.laps.map(({ name, ms }) => `${name} ${seconds(ms)}`);
    return `${laps.join(", ")} (${seconds(performance.now() - this.#started)} in all)`;
  }
}
