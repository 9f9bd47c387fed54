import { Counter, Gauge, type Registry } from "prom-client";

type Labels = Readonly<Record<string, string>>;
/** A value with its labels, if it has some. */
export type Sample = readonly [value: number, labels?: Labels];
type Read = () => readonly Sample[] | Promise<readonly Sample[]>;

/** A gauge that is asked for at each scrape; what cannot be asked for has no sample then. */
export function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: Read,
  labelNames: readonly string[] = [],
): Gauge {
  return new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      const samples = await read();
      this.reset();
      // Without labels a reset leaves a zero, which would be taken for an answer.
      if (samples.length === 0 && labelNames.length === 0) this.remove();
      for (const [value, labels] of samples) this.set(labels ?? {}, value);
    },
  });
}

/** The same for what only grows; samples of the same labels add up. */
export function counter(
  registry: Registry,
  name: string,
  help: string,
  read: Read,
  labelNames: readonly string[] = [],
): Counter {
  return new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      const samples = await read();
      this.reset();
      for (const [value, labels] of samples) this.inc(labels ?? {}, value);
    },
  });
}
