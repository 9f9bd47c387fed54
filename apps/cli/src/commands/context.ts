import { Out } from "../output/out.ts";
import { styleFor, type Style } from "../output/style.ts";

/** What every command has: where to write, how, and when to stop. */
export interface Context {
  readonly out: Out;
  readonly style: Style;
  /** A line for people, on standard error. */
  readonly say: (text: string) => void;
  /** Fires at the first Ctrl-C; the second one ends the process at once. */
  readonly interrupted: AbortSignal;
}

export function processContext(): Context {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => interruption.abort());
  return {
    out: new Out(process.stdout),
    style: styleFor(process.stdout, process.env),
    say: (text) => void process.stderr.write(`neurallog: ${text}\n`),
    interrupted: interruption.signal,
  };
}
