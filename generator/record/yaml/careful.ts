import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { Document, Node, Pair, Scalar, YAMLError } from "yaml";
import type { ErrorCode, ErrorValues } from "../../errors.ts";
import { MAX_PROBLEMS_PER_FILE, MAX_YAML_DEPTH } from "../../limits.ts";
import { positionAt, problem, START, type Position, type Problem } from "../problem.ts";
import { AMBIGUOUS, resolvePlain } from "./plain.ts";

/** Where something stands: the keys and indexes that lead to it, joined. */
export type Path = readonly (string | number)[];

type Span = readonly [start: number, end: number];
type Spot = { key: Span; value: Span };

/** A text read with every position kept, and every trap in it reported. */
export type CarefulDocument = {
  /** Undefined after a syntax error: half a record would only cause follow-up errors. */
  value: unknown;
  problems: Problem[];
  /** Paths whose value is not what was written, because a trap was reported there. */
  trapped: Path[];
  /** The place of a value, of its key, or of the nearest parent that exists. */
  locate(path: Path, part: "key" | "value"): Position;
};

/** Reads one YAML document. Never throws, whatever the text is. */
export function readCarefully(file: string, text: string): CarefulDocument {
  const reader = new Reader(file, text);
  const value = reader.read();
  return {
    value,
    problems: reader.problems,
    trapped: reader.trapped,
    locate: (path, part) => reader.locate(path, part),
  };
}

class Reader {
  readonly problems: Problem[] = [];
  readonly trapped: Path[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #spots = new Map<string, Spot>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  read(): unknown {
    const deep = tooDeepAt(this.#text);
    if (deep !== -1) {
      this.#report("yaml-too-deep", { max: MAX_YAML_DEPTH }, [deep, deep + 1]);
      return undefined;
    }
    const documents = this.#parse();
    for (const { errors } of documents) for (const error of errors) this.#syntax(error);
    for (const { index, 0: line } of this.#text.matchAll(/^%.*/gm)) {
      this.#report("yaml-directive", {}, [index, index + line.length]);
    }
    const [first, second] = documents;
    if (second !== undefined) {
      const start = second.contents?.range?.[0] ?? second.range?.[0] ?? 0;
      this.#report("yaml-documents", {}, [start, start + 1]);
    }
    if (first === undefined || this.problems.length > 0) return undefined;
    const { contents } = first;
    if (
      contents === null ||
      (isScalar(contents) && contents.value === "" && contents.type === "PLAIN")
    ) {
      this.#report("yaml-empty", {}, [0, 1]);
      return undefined;
    }
    this.#spots.set("", { key: spanOf(contents), value: spanOf(contents) });
    return this.#value(contents, [], "");
  }

  locate(path: Path, part: "key" | "value"): Position {
    for (let length = path.length; length >= 0; length--) {
      const spot = this.#spots.get(path.slice(0, length).map(step).join(""));
      if (spot === undefined) continue;
      // What is missing is missing from its parent, which is best seen at the parent's key.
      const [start, end] = length < path.length || part === "key" ? spot.key : spot.value;
      const lineEnd = this.#text.indexOf("\n", start);
      return positionAt(this.#text, start, Math.min(end, lineEnd === -1 ? end : lineEnd) - start);
    }
    return START;
  }

  #parse(): Document[] {
    try {
      const parsed = parseAllDocuments(this.#text, {
        // Resolution is ours (plain.ts). So is the search for duplicate keys: theirs is quadratic.
        schema: "failsafe",
        uniqueKeys: false,
        prettyErrors: false,
        logLevel: "silent",
      });
      if (!("empty" in parsed)) return parsed;
      this.#report("yaml-empty", {}, [0, 1]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#report("yaml-syntax", { reason: firstSentence(reason) }, [0, 1]);
    }
    return [];
  }

  #syntax(error: YAMLError): void {
    // What is missing at the end is shown at the last thing that is there.
    const last = Math.max(0, this.#text.trimEnd().length - 1);
    const span: Span = error.pos[0] > last ? [last, last + 1] : error.pos;
    if (error.code === "TAB_AS_INDENT" || this.#text[span[0]] === "\t") {
      this.#report("yaml-tab", {}, span);
    } else if (error.code === "RESOURCE_EXHAUSTION") {
      this.#report("yaml-too-deep", { max: MAX_YAML_DEPTH }, span);
    } else if (error.code !== "BAD_DIRECTIVE") {
      // Directives are reported by `read`, good and bad ones alike.
      this.#report("yaml-syntax", { reason: firstSentence(error.message) }, span);
    }
  }

  #value(node: unknown, path: Path, id: string): unknown {
    if (path.length > MAX_YAML_DEPTH) {
      return this.#trap("yaml-too-deep", { max: MAX_YAML_DEPTH }, spanOf(node), path);
    }
    if (isAlias(node)) return this.#trap("yaml-alias", {}, spanOf(node), path);
    if (isMap(node) || isSeq(node) || isScalar(node)) this.#decorations(node, path);
    if (isMap(node)) return this.#map(node.items, path, id);
    if (isScalar(node)) return this.#scalar(node, path);
    if (!isSeq(node)) return null;
    return node.items.map((item, index) => {
      const child = id + step(index);
      this.#spots.set(child, { key: spanOf(item), value: spanOf(item) });
      return this.#value(item, [...path, index], child);
    });
  }

  #map(items: readonly Pair[], path: Path, id: string): Record<string, unknown> {
    // Without a prototype: `constructor` is then no duplicate of something inherited.
    const value: Record<string, unknown> = Object.create(null);
    for (const { key, value: node } of items) {
      if (!isScalar(key) || typeof key.value !== "string" || key.value === "") {
        this.#trap("yaml-key", {}, spanOf(key), path);
        continue;
      }
      const name = key.value;
      const child = [...path, name];
      if (name === "<<") {
        this.#trap("yaml-merge-key", {}, spanOf(key), child);
      } else if (name === "__proto__") {
        // zod passes over it in maps, and an own property of that name has polluted many a program.
        this.#trap("unknown-key", { key: name }, spanOf(key), child);
      } else if (name in value) {
        this.#trap("yaml-duplicate-key", { key: name }, spanOf(key), child);
      } else {
        this.#decorations(key, child);
        if (key.type === "PLAIN" && AMBIGUOUS.has(name)) this.#ambiguous(key, name, child);
        const childId = id + step(name);
        this.#spots.set(childId, { key: spanOf(key), value: spanOf(node ?? key) });
        value[name] = this.#value(node, child, childId);
      }
    }
    return value;
  }

  #scalar(node: Scalar, path: Path): unknown {
    if (typeof node.value !== "string") return null;
    if (node.type !== "PLAIN") return node.value;
    if (AMBIGUOUS.has(node.value)) this.#ambiguous(node, node.value, path);
    return resolvePlain(node.value);
  }

  #ambiguous(node: Scalar, text: string, path: Path): void {
    const meant = /^(?:y|yes|on|true)$/i.test(text);
    const hint = `write ${meant} for a boolean, or "${text}" for text`;
    this.#trap("yaml-ambiguous", { text }, spanOf(node), path, hint);
  }

  /** Anchors and tags, which stand before their node. */
  #decorations(node: Node & { anchor?: string }, path: Path): void {
    const start = node.range?.[0] ?? 0;
    if (node.anchor !== undefined) {
      const at = this.#text.lastIndexOf(`&${node.anchor}`, start);
      this.#trap("yaml-alias", {}, [at, at + node.anchor.length + 1], path);
    }
    if (node.tag !== undefined) {
      const bang = this.#text.lastIndexOf("!", start);
      const from = this.#text[bang - 1] === "!" ? bang - 1 : bang;
      const tag = /^!\S*/.exec(this.#text.slice(from))?.[0] ?? "!";
      this.#trap("yaml-tag", { tag }, [from, from + tag.length], path);
    }
  }

  #trap<C extends ErrorCode>(
    code: C,
    values: ErrorValues<C>,
    span: Span,
    path: Path,
    hint: string | null = null,
  ): undefined {
    this.trapped.push(path);
    this.#report(code, values, span, hint);
  }

  #report<C extends ErrorCode>(
    code: C,
    values: ErrorValues<C>,
    [start, end]: Span,
    hint: string | null = null,
  ): void {
    if (this.problems.length >= MAX_PROBLEMS_PER_FILE) return;
    const position = positionAt(this.#text, start, end - start);
    this.problems.push(
      problem(code, values, { file: this.#file, text: this.#text, position }, hint),
    );
  }
}

// A separator that no key can contain once control characters are refused keeps `a.b` and `a`, `b` apart.
const step = (part: string | number): string =>
  typeof part === "number" ? `\u0000#${part}` : `\u0000.${part}`;

function spanOf(node: unknown): Span {
  const range = isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? node.range : null;
  return [range?.[0] ?? 0, range?.[1] ?? 1];
}

const firstSentence = (message: string): string => message.split("\n", 1)[0] ?? "";

/**
 * Where brackets or block entries nest deeper than any record, or -1. It counts before the parser
 * runs, because that one recurses: a hundred thousand brackets cost it a second or the stack.
 */
function tooDeepAt(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "[" || char === "{") depth += 1;
    else if (char === "]" || char === "}") depth = Math.max(0, depth - 1);
    if (depth > MAX_YAML_DEPTH) return i;
  }
  const entries = new RegExp(`(?:[-?:][ \\t]+){${MAX_YAML_DEPTH + 1}}`).exec(text);
  return entries?.index ?? -1;
}
