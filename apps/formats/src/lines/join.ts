import type { Parsed } from "../formats/format.ts";
import { plain } from "../formats/plain.ts";
import { LIMITS } from "../limits.ts";

/** What a further piece of an over-long line is called instead of a format. */
export const cutName = "cut";

export interface Numbered {
  readonly record: Parsed;
  readonly format: string;
  /** First and last line that it was made from. */
  readonly from: number;
  readonly to: number;
}

// What follows a line without a time of its own: indented frames, Java's causes, Python's last word.
const continuation = /^(?:\s|Caused by: |Suppressed: |\.\.\. \d+ more|[)\]}]+[,;]?$)/;
const pythonEnd = /^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit|Stop\w*)(?::|$)/;

/**
 * Joins stack traces and other lines that continue the record before. After a line with a format of its own every
 * line without one belongs to it; among plain lines only what looks like a trace is joined.
 */
export class Joiner {
  readonly #enabled: boolean;
  #held: Numbered | undefined;
  #lines: string[] = [];
  #units = 0;
  #blank = 0;

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** Takes a line as it was read; gives the record that is complete now, if one is. */
  push(next: Numbered): Numbered | undefined {
    const text = next.record.message;
    if (next.format === plain.name && text.trim() === "") {
      this.#blank++;
      return undefined;
    }
    if (this.#continues(next.format, text)) {
      for (; this.#blank > 0; this.#blank--) this.#lines.push("");
      this.#lines.push(text);
      this.#units += text.length + 1;
      if (this.#held !== undefined) this.#held = { ...this.#held, to: next.to };
      return undefined;
    }
    const done = this.flush();
    this.#held = next;
    this.#lines = [text];
    this.#units = text.length;
    return done;
  }

  /** What is still held. */
  flush(): Numbered | undefined {
    const held = this.#held;
    this.#held = undefined;
    this.#blank = 0;
    if (held === undefined || this.#lines.length === 1) return held;
    return { ...held, record: { ...held.record, message: this.#lines.join("\n") } };
  }

  #continues(format: string, text: string): boolean {
    const held = this.#held;
    if (!this.#enabled || held === undefined || format !== plain.name) return false;
    const hasRoom =
      this.#lines.length + this.#blank < LIMITS.joinedLines &&
      this.#units + this.#blank + text.length + 1 <= LIMITS.messageUnits;
    if (!hasRoom) return false;
    const hasHeader = held.format !== plain.name && held.format !== cutName;
    if (hasHeader || continuation.test(text)) return true;
    return (
      this.#lines[0]?.startsWith("Traceback (most recent call last)") === true &&
      pythonEnd.test(text)
    );
  }
}
