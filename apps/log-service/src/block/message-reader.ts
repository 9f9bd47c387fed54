import { BLOCK_LIMITS } from "../limits.ts";
import { ByteReader, DamagedBlockError, readNumbers } from "./bytes.ts";
import { SLOT_DIGITS, SLOT_HEX, SLOT_TEXT, TEMPLATE_END } from "./message-writer.ts";
import { type RowMask, type TextPattern } from "./pattern.ts";
import { lowerBytes, PatternSearch, type TemplateSearch } from "./pattern-search.ts";

/** Where the parts of a block's messages lie; sections are asked for when they are needed. */
export interface MessageParts {
  readonly count: number;
  messages(): Uint8Array;
  numbers(): Uint8Array;
}

/** Where each row's variables start in each stream. */
interface RowStarts {
  readonly lengths: Uint32Array;
  readonly texts: Uint32Array;
  readonly nibbles: Uint32Array;
  readonly hex: Uint32Array;
  /** Bytes of each row's message. */
  readonly sizes: Uint32Array;
}

const SMALLEST = Buffer.alloc(0);

/** Messages kept as templates and variables. */
export class MessageReader {
  readonly #parts: MessageParts;
  /** All templates, one character a byte. */
  readonly #templates: string;
  readonly #templateBytes: Buffer;
  readonly #fixedLengths: Uint8Array;
  readonly #lengthBytes: Uint8Array;
  readonly #idBytes: Uint8Array;
  readonly #texts: Buffer;
  #ends: Uint32Array | undefined;
  #firstSlots: Uint32Array = new Uint32Array();
  #ids: Uint32Array | undefined;
  #lengths: Uint32Array = new Uint32Array();
  #kinds: Uint8Array = new Uint8Array();
  #starts: RowStarts | undefined;
  #lowerTemplates: string | undefined;
  #digits: Uint8Array = SMALLEST;
  #hex: Buffer = SMALLEST;
  #scratch = Buffer.alloc(512);

  constructor(parts: MessageParts) {
    this.#parts = parts;
    const input = new ByteReader(parts.messages());
    this.#templateBytes = asBuffer(input.sized());
    this.#templates = this.#templateBytes.toString("latin1");
    this.#fixedLengths = input.sized();
    this.#lengthBytes = input.sized();
    this.#texts = asBuffer(input.sized());
    this.#idBytes = input.sized();
    if (!input.ended) throw new DamagedBlockError("bytes follow the messages");
  }

  /** Template texts with `<*>` for each variable. */
  templateTexts(): string[] {
    const ends = this.#bounds();
    return Array.from(ends, (end, template) => {
      const start = template === 0 ? 0 : (ends[template - 1] ?? 0) + 1;
      const text = this.#templates.slice(start, end).replace(/[\xf8-\xfa]/g, "<*>");
      return Buffer.from(text, "latin1").toString();
    });
  }

  /** Template texts as `PatternSearch` takes them; parts of one string. */
  plainTemplates(): string[] {
    this.#bounds();
    this.#lowerTemplates ??= lowerBytes(this.#templateBytes);
    return this.#lowerTemplates.split(END).slice(0, -1);
  }

  /** For each row its template. */
  ids(): Uint32Array {
    this.#ids ??= readNumbers(this.#idBytes, this.#parts.count, this.#bounds().length - 1);
    return this.#ids;
  }

  message(row: number): string {
    const length = this.#build(row);
    return this.#scratch.toString("utf8", 0, length);
  }

  mask(pattern: TextPattern): RowMask {
    const search = new PatternSearch(pattern);
    const mask = new Uint8Array(this.#parts.count);
    const found = this.#templatesWith(search);
    if (found !== undefined) {
      const ids = this.ids();
      for (let row = 0; row < mask.length; row += 1) mask[row] = found[ids[row] ?? 0] ?? 0;
    }
    if (search.onlyFixed || !this.#mayBeInVariables(search)) return mask;
    const candidates = this.#templatesWith(search.aroundVariables);
    if (candidates === undefined) return mask;
    const ids = this.ids();
    for (let row = 0; row < mask.length; row += 1) {
      if (mask[row] === 1 || candidates[ids[row] ?? 0] !== 1) continue;
      if (search.isIn(this.#scratchOf(row))) mask[row] = 1;
    }
    return mask;
  }

  #scratchOf(row: number): string {
    // The buffer may be another one after this.
    const length = this.#build(row);
    return lowerBytes(this.#scratch, 0, length);
  }

  /** One for each template: whether its fixed text has the pattern; undefined if none has. */
  #templatesWith(search: TemplateSearch): Uint8Array | undefined {
    this.#lowerTemplates ??= lowerBytes(this.#templateBytes);
    const templates = this.#lowerTemplates;
    let at = search.next(templates, 0);
    if (at === -1) return undefined;
    const ends = this.#bounds();
    const found = new Uint8Array(ends.length);
    for (let template = 0; at !== -1;) {
      while ((ends[template] ?? Infinity) < at) template += 1;
      found[template] = 1;
      at = search.next(templates, (ends[template] ?? at) + 1);
    }
    return found;
  }

  /** False only if no row has the pattern where a variable takes part. */
  #mayBeInVariables(search: PatternSearch): boolean {
    if (search.hasDigits) return true;
    // Without digits it can only touch a variable by the token at its start or its end.
    const texts = lowerBytes(this.#texts);
    return search.edges.some((edge) => edge.isIn(texts) || (edge.mayBeHex && this.#hasHex()));
  }

  #hasHex(): boolean {
    this.#openNumbers();
    return this.#hex.length > 0;
  }

  /** Where each template ends in `#templates`. */
  #bounds(): Uint32Array {
    if (this.#ends !== undefined) return this.#ends;
    const ends: number[] = [];
    const text = this.#templates;
    let at = text.indexOf(END);
    while (at !== -1) {
      ends.push(at);
      if (ends.length > this.#parts.count) throw new DamagedBlockError("too many templates");
      at = text.indexOf(END, at + 1);
    }
    if ((ends.at(-1) ?? -1) !== text.length - 1) throw new DamagedBlockError("a template is cut");
    this.#ends = Uint32Array.from(ends);
    return this.#ends;
  }

  #slotsOf(template: number): number {
    if (this.#firstSlots.length === 0) this.#countSlots();
    return (this.#firstSlots[template + 1] ?? 0) - (this.#firstSlots[template] ?? 0);
  }

  #countSlots(): void {
    const ends = this.#bounds();
    const first = new Uint32Array(ends.length + 1);
    const bytes = this.#templateBytes;
    const kinds = new Uint8Array(this.#fixedLengths.length);
    let slots = 0;
    let template = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte < SLOT_DIGITS) continue;
      if (byte === TEMPLATE_END) first[++template] = slots;
      else if (byte <= SLOT_TEXT) kinds[slots++] = byte;
    }
    if (slots !== kinds.length) throw new DamagedBlockError("a variable has no length");
    this.#kinds = kinds;
    this.#firstSlots = first;
  }

  #openNumbers(): void {
    if (this.#digits !== SMALLEST || this.#hex !== SMALLEST) return;
    const input = new ByteReader(this.#parts.numbers());
    this.#digits = input.sized();
    this.#hex = asBuffer(input.sized());
    if (!input.ended) throw new DamagedBlockError("bytes follow the numbers");
  }

  /** One pass over all rows' variables, which checks that each stream holds exactly them. */
  #rowStarts(): RowStarts {
    if (this.#starts !== undefined) return this.#starts;
    const ids = this.ids();
    this.#openNumbers();
    this.#slotsOf(0);
    const { count } = this.#parts;
    const starts: RowStarts = {
      lengths: new Uint32Array(count),
      texts: new Uint32Array(count),
      nibbles: new Uint32Array(count),
      hex: new Uint32Array(count),
      sizes: new Uint32Array(count),
    };
    const input = new ByteReader(this.#lengthBytes);
    // As many as a body of the largest size could hold: each takes a byte.
    const lengths = new Uint32Array(this.#lengthBytes.length);
    const ends = this.#bounds();
    const kinds = this.#kinds;
    const firstSlots = this.#firstSlots;
    const fixedLengths = this.#fixedLengths;
    let variable = 0;
    let text = 0;
    let nibble = 0;
    let hex = 0;
    let total = 0;
    for (let row = 0; row < count; row += 1) {
      const id = ids[row] ?? 0;
      starts.lengths[row] = variable;
      starts.texts[row] = text;
      starts.nibbles[row] = nibble;
      starts.hex[row] = hex;
      let size = (ends[id] ?? 0) - (id === 0 ? 0 : (ends[id - 1] ?? 0));
      const last = firstSlots[id + 1] ?? 0;
      for (let slot = firstSlots[id] ?? 0; slot < last; slot += 1) {
        let length = fixedLengths[slot] ?? 0;
        if (length === 0) {
          length = input.varint();
          lengths[variable++] = length;
        }
        const kind = kinds[slot];
        if (kind === SLOT_DIGITS) {
          nibble += length;
        } else if (kind === SLOT_HEX) {
          if ((length & 1) === 1) throw new DamagedBlockError("half a byte of hex");
          hex += length >> 1;
        } else {
          text += length;
        }
        size += length;
        // Inside the loop too: a length may be any number.
        if (total + size > BLOCK_LIMITS.bodyBytes) throw new DamagedBlockError("too much text");
      }
      nibble += nibble & 1;
      starts.sizes[row] = size;
      total += size;
      if (total > BLOCK_LIMITS.bodyBytes) throw new DamagedBlockError("too much text");
    }
    const whole = text === this.#texts.length && nibble >> 1 === this.#digits.length;
    if (!input.ended || !whole || hex !== this.#hex.length) {
      throw new DamagedBlockError("the variables are not those of the rows");
    }
    this.#lengths = lengths;
    this.#starts = starts;
    return starts;
  }

  /** Puts a row's message into the scratch buffer; answers its length in bytes. */
  #build(row: number): number {
    const starts = this.#starts ?? this.#rowStarts();
    const id = this.#ids?.[row] ?? 0;
    const ends = this.#ends ?? this.#bounds();
    const templates = this.#templateBytes;
    const fixedLengths = this.#fixedLengths;
    const end = ends[id] ?? 0;
    let from = id === 0 ? 0 : (ends[id - 1] ?? 0) + 1;
    let slot = this.#firstSlots[id] ?? 0;
    let variable = starts.lengths[row] ?? 0;
    let text = starts.texts[row] ?? 0;
    let nibble = starts.nibbles[row] ?? 0;
    let hex = starts.hex[row] ?? 0;
    const digits = this.#digits;
    this.#room(starts.sizes[row] ?? 0);
    const out = this.#scratch;
    let to = 0;
    for (; from < end; from += 1) {
      const byte = templates[from] ?? 0;
      if (byte < SLOT_DIGITS) {
        out[to++] = byte;
        continue;
      }
      let length = fixedLengths[slot++] ?? 0;
      if (length === 0) length = this.#lengths[variable++] ?? 0;
      const stop = to + length;
      if (byte === SLOT_DIGITS) {
        for (; to < stop; to += 1) {
          const pair = digits[nibble >> 1] ?? 0;
          out[to] = 0x30 + ((nibble & 1) === 0 ? pair >> 4 : pair & 0x0f);
          nibble += 1;
        }
      } else if (byte === SLOT_HEX) {
        for (; to < stop; to += 2) {
          const pair = this.#hex[hex++] ?? 0;
          out[to] = HEX_DIGITS[pair >> 4] ?? 0;
          out[to + 1] = HEX_DIGITS[pair & 0x0f] ?? 0;
        }
      } else {
        for (; to < stop; to += 1) out[to] = this.#texts[text++] ?? 0;
      }
    }
    return to;
  }

  #room(bytes: number): void {
    if (bytes + 1 <= this.#scratch.length) return;
    const larger = Buffer.alloc(bytes * 2);
    this.#scratch.copy(larger);
    this.#scratch = larger;
  }
}

const END = "\xff";
const HEX_DIGITS = Buffer.from("0123456789abcdef");

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
