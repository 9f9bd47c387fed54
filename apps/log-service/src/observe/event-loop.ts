import { monitorEventLoopDelay } from "node:perf_hooks";

import { OBSERVE_LIMITS } from "../limits.ts";

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>;

/** How long the thread kept a timer waiting, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Between two looks, in milliseconds: what each of them waits in any case. */
const RESOLUTION = OBSERVE_LIMITS.loopLookMs;

/**
 * Delays of the last minute or two: since the process began, one bad moment would show for ever, and
 * counted from scrape to scrape, two who scrape would take from each other.
 */
export class EventLoopDelay {
  #now = begin();
  #before: IntervalHistogram | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#turn(), OBSERVE_LIMITS.loopWindowMs);
    this.#timer.unref();
  }

  read(): LoopDelay {
    const parts = [this.#now, this.#before].filter((part) => part !== undefined && part.count > 0);
    const worst = (of: (part: IntervalHistogram) => number): number =>
      Math.max(0, ...parts.map((part) => (part === undefined ? 0 : of(part) / 1e6 - RESOLUTION)));
    return {
      p50: worst((part) => part.percentile(50)),
      p99: worst((part) => part.percentile(99)),
      max: worst((part) => part.max),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#now.disable();
  }

  #turn(): void {
    this.#now.disable();
    this.#before = this.#now;
    this.#now = begin();
  }
}

function begin(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  return histogram;
}
