import { LIMITS } from "../limits.ts";

export interface Line {
  readonly text: string;
  /** From 1, as editors count. */
  readonly number: number;
  /** Not UTF-8; each byte was read as the Latin-1 character that it is, so that none is lost. */
  readonly latin1: boolean;
  /** A piece of a line that was too long, not its first. */
  readonly continued: boolean;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Splits bytes into lines, however they are cut: CRLF or LF, and a last line without either. */
export class LineSplitter {
  #held: Buffer = Buffer.alloc(0);
  #number = 1;
  #continued = false;

  /** The lines that are complete now. */
  push(chunk: Uint8Array): Line[] {
    const bytes = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    const lines: Line[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if ((end < 0 ? bytes.length : end) - start > LIMITS.lineBytes) {
        const cut = characterStart(bytes, start + LIMITS.lineBytes);
        lines.push(this.#decode(bytes.subarray(start, cut)));
        this.#continued = true;
        start = cut;
      } else if (end < 0) {
        // A copy: the chunk's memory may be used again.
        this.#held = Buffer.from(bytes.subarray(start));
        return lines;
      } else {
        lines.push(
          end === start
            ? { number: this.#number, text: "", latin1: false, continued: this.#continued }
            : this.#decode(withoutReturn(bytes.subarray(start, end))),
        );
        this.#continued = false;
        this.#number++;
        start = end + 1;
      }
    }
  }

  /** The last line, when no line break ended it. */
  end(): Line[] {
    const bytes = this.#held;
    this.#held = Buffer.alloc(0);
    return bytes.length === 0 ? [] : [this.#decode(withoutReturn(bytes))];
  }

  #decode(bytes: Buffer): Line {
    const line = { number: this.#number, continued: this.#continued };
    const isMarked = this.#number === 1 && bytes.subarray(0, 3).equals(byteOrderMark);
    const body = isMarked ? bytes.subarray(3) : bytes;
    try {
      return { ...line, text: utf8.decode(body), latin1: false };
    } catch {
      return { ...line, text: body.toString("latin1"), latin1: true };
    }
  }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes;
}

/** The start of the character that `at` is within, so that a cut does not break it; 10xxxxxx continues one. */
function characterStart(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) {
    if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  }
  return at;
}
