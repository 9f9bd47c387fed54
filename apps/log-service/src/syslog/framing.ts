import { ServiceError } from "../errors.ts";
import { SYSLOG_LIMITS } from "../limits.ts";

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const NUL = 0x00;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Cuts a TCP stream into messages, in both framings of RFC 6587: a length in front, or a line feed
 * behind. Which one, each message's first byte says: a message itself starts with `<`.
 */
export class SyslogFramer {
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of an over-long message that are still to be passed over; Infinity up to the line's end. */
  #skip = 0;
  /** Messages whose end was cut off. */
  cut = 0;

  /** Whether a message was begun and is not complete. */
  get isWithin(): boolean {
    return this.#held.length > 0 || this.#skip > 0;
  }

  /**
   * The messages that are complete now.
   * @throws ServiceError when a length is none: nobody knows then where the next message starts.
   */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const found: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      const next = this.#skip > 0 ? this.#pass(bytes, at) : this.#take(bytes, at, found);
      if (next === undefined) break;
      at = next;
    }
    // A copy: a few bytes must not keep a whole chunk in memory.
    this.#held = Buffer.from(bytes.subarray(at));
    return found;
  }

  /** The last message, when the sender left without ending it. */
  end(): Buffer[] {
    const last = this.#held;
    this.#held = Buffer.alloc(0);
    return last.length === 0 || isDigit(last[0]) ? [] : [last];
  }

  /** The offset behind the message at `at`, which goes to `found`; undefined when it is not complete. */
  #take(bytes: Buffer, at: number, found: Buffer[]): number | undefined {
    const first = bytes[at];
    if (first === LINE_FEED || first === NUL || first === SPACE) return at + 1;
    return isDigit(first) ? this.#counted(bytes, at, found) : this.#line(bytes, at, found);
  }

  #counted(bytes: Buffer, at: number, found: Buffer[]): number | undefined {
    let end = at;
    while (isDigit(bytes[end])) end += 1;
    if (end - at > SYSLOG_LIMITS.lengthDigits) throw notSyslog();
    if (end === bytes.length) return undefined;
    const length = Number(bytes.toString("latin1", at, end));
    if (bytes[end] !== SPACE || length === 0) throw notSyslog();
    const start = end + 1;
    const kept = Math.min(length, SYSLOG_LIMITS.messageBytes);
    if (bytes.length - start < kept) return undefined;
    found.push(bytes.subarray(start, start + kept));
    if (kept < length) this.cut += 1;
    this.#skip = length - kept;
    return start + kept;
  }

  #line(bytes: Buffer, at: number, found: Buffer[]): number | undefined {
    const feed = bytes.indexOf(LINE_FEED, at);
    const end = feed === -1 ? bytes.length : feed;
    if (end - at > SYSLOG_LIMITS.messageBytes) {
      found.push(bytes.subarray(at, at + SYSLOG_LIMITS.messageBytes));
      this.cut += 1;
      this.#skip = Infinity;
      return at + SYSLOG_LIMITS.messageBytes;
    }
    if (feed === -1) return undefined;
    found.push(bytes.subarray(at, end));
    return end + 1;
  }

  #pass(bytes: Buffer, at: number): number {
    if (this.#skip !== Infinity) {
      const passed = Math.min(this.#skip, bytes.length - at);
      this.#skip -= passed;
      return at + passed;
    }
    const feed = bytes.indexOf(LINE_FEED, at);
    if (feed === -1) return bytes.length;
    this.#skip = 0;
    return feed + 1;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function notSyslog(): ServiceError {
  return new ServiceError("NL_SYSLOG_FRAMING");
}
