import type { Bound } from "./encode/encoder.ts";
import { levelIndex, levelName, SILENT } from "./level.ts";
import { readComponent } from "./options.ts";
import type { Parts } from "./parts.ts";
import type { LoggerStats } from "./stats.ts";
import type { Threshold } from "./thresholds.ts";
import { headsOf } from "./line.ts";

export interface ChildOptions {
  readonly component?: string | undefined;
  readonly level?: string | undefined;
}

/** Logs to a log service. No call of it throws, blocks, or waits for the service. */
export class Logger {
  readonly #parts: Parts;
  readonly #threshold: Threshold;
  readonly #configured: number;
  readonly #component: string;
  readonly #bound: Bound;
  /** What each level's lines have between time and message. */
  readonly #heads: readonly string[];

  /** Loggers are made by `createLogger` and `child`. */
  constructor(
    parts: Parts,
    component: string,
    configured: number,
    bound: Bound,
    heads: readonly string[] = headsOf(component),
  ) {
    this.#parts = parts;
    this.#component = component;
    this.#configured = configured;
    this.#bound = bound;
    this.#threshold = parts.thresholdOf(component, configured);
    this.#heads = heads;
  }

  trace(message: unknown, fields?: unknown): void {
    if (this.#threshold.least <= 0) this.#log(0, message, fields);
  }

  debug(message: unknown, fields?: unknown): void {
    if (this.#threshold.least <= 1) this.#log(1, message, fields);
  }

  info(message: unknown, fields?: unknown): void {
    if (this.#threshold.least <= 2) this.#log(2, message, fields);
  }

  warn(message: unknown, fields?: unknown): void {
    if (this.#threshold.least <= 3) this.#log(3, message, fields);
  }

  error(message: unknown, fields?: unknown): void {
    if (this.#threshold.least <= 4) this.#log(4, message, fields);
  }

  fatal(message: unknown, fields?: unknown): void {
    if (this.#threshold.least <= 5) this.#log(5, message, fields);
  }

  /** The same at a level by name, as adapters have it, and at a time of its own; no known level is info. */
  log(level: string, message: unknown, fields?: unknown, timeMs?: number): void {
    const index = typeof level === "string" ? (levelIndex(level) ?? 2) : 2;
    if (index >= this.#threshold.least && index < SILENT) this.#log(index, message, fields, timeMs);
  }

  /** Whether records of a level are sent: for what is costly to put together. */
  isLevelEnabled(level: string): boolean {
    const index = typeof level === "string" ? levelIndex(level) : undefined;
    return index !== undefined && index < SILENT && index >= this.#threshold.least;
  }

  /** A logger whose records have these fields too, and maybe another component or level. */
  child(bindings?: unknown, options?: ChildOptions): Logger {
    const { component, level } = readChildOptions(options);
    const bound = this.#parts.bind(bindings, this.#bound);
    const configured = typeof level === "string" ? levelIndex(level) : undefined;
    const least = configured ?? this.#configured;
    // Programs make a child for each request: what is the same is not made anew.
    if (component === undefined)
      return new Logger(this.#parts, this.#component, least, bound, this.#heads);
    return new Logger(this.#parts, readComponent(component), least, bound);
  }

  /**
   * Waits until what was logged is with the service: a second at most, and never rejects.
   * @returns whether all of it was taken, refused or dropped
   */
  flush(timeoutMs?: number): Promise<boolean> {
    return this.#parts.flush(timeoutMs);
  }

  /** Flushes and ends the connections; what is logged afterwards is dropped. */
  close(timeoutMs?: number): Promise<boolean> {
    return this.#parts.close(timeoutMs);
  }

  stats(): LoggerStats {
    return { ...this.#parts.stats(), level: levelName(this.#threshold.least) };
  }

  #log(level: number, message: unknown, fields: unknown, timeMs?: number): void {
    this.#parts.write(this.#heads[level] ?? "", message, fields, this.#bound, timeMs);
  }
}

/** Whatever they are: a child is made in the middle of a request. */
function readChildOptions(options: ChildOptions | undefined): ChildOptions {
  try {
    return { component: options?.component, level: options?.level };
  } catch {
    return {};
  }
}
