import { LOKI_LIMITS } from "../../limits.ts";
import { isForbidden } from "../../record/inspect.ts";

export type Labels = ReadonlyMap<string, string>;

/** A stream's labels that are not as Loki writes them; says where. */
export class LabelsError extends Error {
  override readonly name = "LabelsError";
}

const NAME = /[a-zA-Z_][a-zA-Z0-9_.:-]*/y;
const BLANK = /[ \t\r\n]*/y;
// By chunks without a backslash, so that neither quotes nor escapes make the engine go back.
const DOUBLE = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"/y;
const RAW = /`[^`]*`/y;

/**
 * Reads `{name="value", …}` as agents send it in protobuf.
 * @throws LabelsError for any other text, a name twice, too many labels.
 */
export function readLabels(text: string): Labels {
  const input = new Input(text);
  const labels = new Map<string, string>();
  input.expect("{");
  while (!input.take("}")) {
    const name = input.name();
    input.expect("=");
    const value = input.value();
    if (labels.has(name)) throw new LabelsError(`duplicate label name: ${JSON.stringify(name)}`);
    addLabel(labels, name, value);
    if (!input.take(",")) {
      input.expect("}");
      break;
    }
  }
  if (!input.ended) throw input.unexpected();
  return labels;
}

/**
 * Reads the JSON form, an object of strings.
 * @throws LabelsError for anything else.
 */
export function labelsOfObject(value: unknown): Labels {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new LabelsError("the stream's labels are not an object");
  }
  const labels = new Map<string, string>();
  for (const [name, label] of Object.entries(value)) {
    if (!["string", "number", "boolean"].includes(typeof label)) {
      throw new LabelsError(`the label ${name} is not a string`);
    }
    addLabel(labels, name, String(label));
  }
  return labels;
}

/** Names as LogQL can write them: the others' signs become `_`, as they do in Loki. */
export function labelName(text: string): string {
  if (NAMED.test(text)) return text;
  const name = text.replaceAll(/[^a-zA-Z0-9_]/g, "_");
  return /^[a-zA-Z_]/.test(name) ? name : `_${name}`;
}

const NAMED = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function addLabel(labels: Map<string, string>, text: string, value: string): void {
  const name = labelName(text);
  if (labels.size >= LOKI_LIMITS.labels) {
    throw new LabelsError(`a stream has at most ${LOKI_LIMITS.labels} labels`);
  }
  if (isForbidden(text, value)) throw new LabelsError("a label has a name that is not allowed");
  if (!labels.has(name)) labels.set(name, value);
}

class Input {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    this.#match(BLANK);
    return this.#at === this.#text.length;
  }

  take(sign: string): boolean {
    this.#match(BLANK);
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  expect(sign: string): void {
    if (!this.take(sign)) throw this.unexpected();
  }

  name(): string {
    this.#match(BLANK);
    return this.#match(NAME) ?? this.value();
  }

  value(): string {
    this.#match(BLANK);
    const raw = this.#match(RAW);
    if (raw !== undefined) return raw.slice(1, -1);
    const quoted = this.#match(DOUBLE);
    const value = quoted === undefined ? undefined : unquote(quoted);
    if (value === undefined) throw this.unexpected();
    return value;
  }

  unexpected(): LabelsError {
    const found = this.#text.slice(this.#at, this.#at + 16);
    return new LabelsError(
      found === ""
        ? "the labels end too early"
        : `unexpected ${JSON.stringify(found)} at col ${this.#at + 1}`,
    );
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs;

/** The text of a double-quoted literal of Go; undefined for an escape that Go does not know. */
export function unquote(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  let known = true;
  const text = inner.replace(ESCAPE, (_, hex, short, long, octal, sign) => {
    const code: string | undefined = hex ?? short ?? long;
    if (code !== undefined || octal !== undefined) {
      const point = code === undefined ? parseInt(octal, 8) : parseInt(code, 16);
      if (point > 0x10ffff) known = false;
      return known ? String.fromCodePoint(point) : "";
    }
    if (sign === "\\" || sign === '"' || sign === "'") return sign;
    const simple = Object.hasOwn(SIMPLE, sign) ? SIMPLE[sign] : undefined;
    if (simple === undefined) known = false;
    return simple ?? "";
  });
  return known ? text : undefined;
}
