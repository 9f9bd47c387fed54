import type { NeuralLogError } from "../errors.ts";
import { DELIVERY_LIMITS } from "./limits.ts";

export interface ReportOptions {
  /** Told of each failure; what it throws is ignored. */
  readonly onError?: ((error: NeuralLogError) => void) | undefined;
  /** No line on standard error. */
  readonly quiet?: boolean | undefined;
}

/** Tells of the logger's own failures: never through the logger, and on standard error at most once a minute. */
export class Reporter {
  readonly #options: ReportOptions;
  #lastMs = -Infinity;
  #lastText = "";
  last: NeuralLogError | undefined;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  report(error: NeuralLogError): void {
    this.last = error;
    try {
      void settle(this.#options.onError?.(error));
    } catch {
      // Whoever is told must not break who logs.
    }
    if (this.#options.quiet !== true) this.#say(`neurallog: ${error.code}: ${error.message}\n`);
  }

  /** It works again: the next failure is news. */
  recovered(): void {
    this.#lastText = "";
  }

  #say(text: string): void {
    const now = performance.now();
    // One line for each outage, and a changing one at most once a minute.
    if (text === this.#lastText || now - this.#lastMs < DELIVERY_LIMITS.stderrMs) return;
    this.#lastMs = now;
    this.#lastText = text;
    say(text);
  }
}

/** What an asynchronous function rejects with must not end the process either. */
async function settle(answer: unknown): Promise<void> {
  try {
    await answer;
  } catch {
    // Its own matter.
  }
}

let saying = 0;

/** Writes to standard error, whose end may be closed: an error of it that nobody listens to would end the process. */
function say(text: string): void {
  try {
    const { stderr } = process;
    if (saying === 0) stderr.on("error", ignore);
    saying += 1;
    stderr.write(text, () => {
      // The stream tells of an error after its callback.
      setImmediate(() => {
        saying -= 1;
        if (saying === 0) stderr.removeListener("error", ignore);
      }).unref();
    });
  } catch {
    // There is none: there is nobody to tell.
  }
}

function ignore(): void {
  // There is nobody to tell.
}
