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
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Lines of a byte stream; CRLF or LF, and a last line without either. */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Line, void, undefined> {
  let held: Buffer = Buffer.alloc(0);
  let number = 1;
  let continued = false;
  for await (const chunk of chunks) {
    const bytes = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      const length = (end < 0 ? bytes.length : end) - start;
      if (length > LIMITS.lineBytes) {
        const cut = characterStart(bytes, start + LIMITS.lineBytes);
        yield decode(bytes.subarray(start, cut), number, continued);
        start = cut;
        continued = true;
        continue;
      }
      if (end < 0) break;
      yield decode(withoutReturn(bytes.subarray(start, end)), number, continued);
      start = end + 1;
      number++;
      continued = false;
    }
    held = bytes.subarray(start);
  }
  if (held.length > 0) yield decode(withoutReturn(held), number, continued);
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes;
}

/** The start of the character that `at` is within, so that a cut does not break it; 10xxxxxx continues one. */
function characterStart(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++)
    if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  return at;
}

function decode(bytes: Buffer, number: number, continued: boolean): Line {
  const body =
    number === 1 && bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
  try {
    return { text: utf8.decode(body), number, latin1: false, continued };
  } catch {
    return { text: body.toString("latin1"), number, latin1: true, continued };
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
