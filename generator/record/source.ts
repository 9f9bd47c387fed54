import { MAX_RECORD_BYTES } from "../limits.ts";
import { problem, START, type Place, type Position, type Problem } from "./problem.ts";
import { readCarefully, type CarefulDocument, type Path } from "./yaml/careful.ts";
import { readQuickly } from "./yaml/quick.ts";

/** A file with a record in it, and the way from a field back to its place. */
export type Source = {
  file: string;
  text: string;
  /** The place of a field's value or key; of its nearest parent when it is not there. */
  place(path: Path, part?: "key" | "value"): Place;
};

export type SourceDocument = {
  source: Source;
  value: unknown;
  problems: Problem[];
  trapped: Path[];
};

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads a file's bytes as one YAML document. Never throws: `value` is undefined where it is none. */
export function readSource(file: string, bytes: Uint8Array): SourceDocument {
  if (bytes.length > MAX_RECORD_BYTES) {
    const values = { bytes: bytes.length, max: MAX_RECORD_BYTES };
    return unreadable(problem("file-too-large", values, at(file, "", START)));
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    const readable = new TextDecoder("latin1").decode(bytes);
    return unreadable(
      problem("file-not-utf8", {}, at(file, readable, firstBadByte(bytes, readable))),
    );
  }
  if (text.startsWith("\uFEFF")) {
    return unreadable(problem("file-byte-order-mark", {}, at(file, text, START)));
  }
  return readText(file, text);
}

/** As `readSource`, of a text. */
export function readText(file: string, text: string): SourceDocument {
  // Positions are needed for errors only, so the careful reader starts when the first one is asked for.
  let careful: CarefulDocument | undefined;
  const carefully = (): CarefulDocument => (careful ??= readCarefully(file, text));
  const source: Source = {
    file,
    text,
    place: (path, part = "value") => at(file, text, carefully().locate(path, part)),
  };
  const quick = readQuickly(text);
  if (quick !== undefined) return { source, value: quick.value, problems: [], trapped: [] };
  const { value, problems, trapped } = carefully();
  return { source, value, problems, trapped };
}

const at = (file: string, text: string, position: Position): Place => ({ file, text, position });

function unreadable(found: Problem): SourceDocument {
  const source: Source = {
    file: found.file,
    text: "",
    place: () => at(found.file, "", START),
  };
  return { source, value: undefined, problems: [found], trapped: [] };
}

/** In Latin-1 each byte is one character, so line and column of the first bad byte can be told. */
function firstBadByte(bytes: Uint8Array, readable: string): Position {
  let low = 0;
  let high = bytes.length;
  // Decoding a prefix with `stream` fails exactly when a bad sequence is complete inside it.
  while (low < high) {
    const middle = (low + high) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle + 1), {
        stream: true,
      });
      low = middle + 1;
    } catch {
      high = middle;
    }
  }
  const line = readable.slice(0, low).split("\n").length;
  return { line, column: low - readable.lastIndexOf("\n", low - 1), length: 1 };
}
