import { MAX_RECORD_BYTES } from "../limits.ts";
import { positionAt, problem, START, type Place, type Position, type Problem } from "./problem.ts";
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
    // Read again with a mark in each bad place, of which the first is shown.
    const marked = new TextDecoder("utf-8").decode(bytes);
    const position = positionAt(marked, marked.indexOf("\uFFFD"));
    return unreadable(problem("file-not-utf8", {}, at(file, marked, position)));
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
