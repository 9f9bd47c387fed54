import { withRoom } from "./byte-table.ts";
import { ByteWriter } from "./bytes.ts";
import { DIGITS, HEX, ODD_LENGTH, TEXT, type MessageScan } from "./scan-message.ts";
import { SHORT_NUMBER, type TokenSet } from "./token-filter.ts";

/** Bytes that UTF-8 never has stand in a template for its variables and its end. */
export const SLOT_DIGITS = 0xf8;
export const SLOT_HEX = 0xf9;
export const SLOT_TEXT = 0xfa;
export const TEMPLATE_END = 0xff;

/** A longer one, or one that varies, is written for each row. */
const LONGEST_FIXED = 0xff;

/** While rows come in, before it is known what a place's values have in common. */
const ANY_SLOT = 0xfb;
const VARIES = 0xffff_ffff;
const LONGEST_PROBE = 32;

/** What the messages of a block become; docs/block-layout.md draws it. */
export interface MessageColumns {
  /** For each row its template. */
  readonly ids: Uint16Array;
  /** Texts with a byte for each variable, each ended by TEMPLATE_END. */
  readonly templates: Buffer;
  /** For each variable of each template its length in all rows; 0 if that varies. */
  readonly fixedLengths: Buffer;
  readonly lengths: Buffer;
  readonly texts: Buffer;
  readonly digits: Buffer;
  readonly hex: Buffer;
}

/** Collects messages as templates and variables. */
export class MessageWriter {
  readonly #ids: Uint16Array;
  #rows = 0;
  #texts: Buffer;
  #used = 0;
  #templates = 0;
  readonly #ends: Uint32Array;
  readonly #hashes: Int32Array;
  readonly #firstSlots: Uint32Array;
  readonly #places: Uint16Array;
  // Of each place for a variable in each template.
  #slots = 0;
  #slotKinds: Uint8Array;
  #slotLengths: Uint32Array;
  // The variables of all rows in order.
  #variables = 0;
  #lengths: Uint32Array;
  #starts: Uint32Array;
  #variableBytes = 0;
  /** The messages that have variables, whose places above are in here. */
  #copied: Buffer = Buffer.alloc(0);
  #copiedUsed = 0;

  /** @param capacity Rows, at most 4,096. */
  constructor(capacity: number) {
    this.#ids = new Uint16Array(capacity);
    this.#texts = Buffer.allocUnsafe(64 + capacity * 40);
    this.#ends = new Uint32Array(capacity);
    this.#hashes = new Int32Array(capacity);
    this.#firstSlots = new Uint32Array(capacity + 1);
    this.#places = new Uint16Array(2 ** Math.ceil(Math.log2(Math.max(8, capacity * 2))));
    this.#slotKinds = new Uint8Array(16 + capacity * 4);
    this.#slotLengths = new Uint32Array(16 + capacity * 4);
    this.#lengths = new Uint32Array(16 + capacity * 12);
    this.#starts = new Uint32Array(16 + capacity * 12);
  }

  /** @param tokens Where the message's tokens go, if the block has a filter. */
  add(bytes: Uint8Array, scan: MessageScan, tokens: TokenSet | undefined): void {
    const template = this.#find(bytes, scan) ?? this.#add(bytes, scan, tokens);
    this.#ids[this.#rows++] = template;
    const count = scan.variables;
    if (count === 0) return;
    if (this.#variables + count > this.#lengths.length) this.#growVariables(count);
    // What is added to a place in `bytes` to get the place where it will be read from.
    const offset = this.#copiedUsed - scan.start;
    this.#copy(bytes, scan);
    const { slotKinds, slotLengths, starts, lengths } = this.#columns;
    const { starts: from, lengths: sizes, kinds, hashes } = scan;
    let slot = this.#firstSlots[template] ?? 0;
    let variable = this.#variables;
    let total = 0;
    for (let index = 0; index < count; index += 1) {
      const length = sizes[index] ?? 0;
      const kind = kinds[index] ?? 0;
      starts[variable] = (from[index] ?? 0) + offset;
      lengths[variable++] = length;
      slotKinds[slot] = (slotKinds[slot] ?? 0) | kind;
      if (slotLengths[slot] !== length) slotLengths[slot] = VARIES;
      slot += 1;
      total += length;
      if (tokens !== undefined && ((kind & DIGITS) === 0 || length > SHORT_NUMBER)) {
        tokens.add(hashes[index] ?? 0);
      }
    }
    this.#variableBytes += total;
    this.#variables = variable;
  }

  #copy(bytes: Uint8Array, scan: MessageScan): void {
    const length = scan.end - scan.start;
    this.#copied = withRoom(this.#copied, this.#copiedUsed, length);
    this.#copied.set(bytes.subarray(scan.start, scan.end), this.#copiedUsed);
    this.#copiedUsed += length;
  }

  #find(bytes: Uint8Array, scan: MessageScan): number | undefined {
    const mask = this.#places.length - 1;
    const hash = scan.templateHash;
    let at = (hash ^ (hash >>> 15)) & mask;
    for (let probe = 0; probe < LONGEST_PROBE; probe += 1) {
      const known = (this.#places[at] ?? 0) - 1;
      if (known === -1) return undefined;
      if (this.#hashes[known] === hash && this.#equals(known, bytes, scan)) return known;
      at = (at + 1) & mask;
    }
    return undefined;
  }

  /** Equal hashes are no proof, and what is stored must be what was sent. */
  #equals(template: number, bytes: Uint8Array, scan: MessageScan): boolean {
    const texts = this.#texts;
    let at = template === 0 ? 0 : (this.#ends[template - 1] ?? 0);
    const end = this.#ends[template] ?? 0;
    let from = scan.start;
    for (let index = 0; index <= scan.variables; index += 1) {
      const stop = index === scan.variables ? scan.end : (scan.starts[index] ?? 0);
      if (end - at < stop - from) return false;
      for (; from < stop; from += 1) if (texts[at++] !== bytes[from]) return false;
      if (index === scan.variables) break;
      if (at === end || texts[at++] !== ANY_SLOT) return false;
      from = stop + (scan.lengths[index] ?? 0);
    }
    return at === end;
  }

  #add(bytes: Uint8Array, scan: MessageScan, tokens: TokenSet | undefined): number {
    const template = this.#templates++;
    const count = scan.variables;
    this.#texts = withRoom(this.#texts, this.#used, scan.end - scan.start + count);
    const texts = this.#texts;
    let to = this.#used;
    let from = scan.start;
    for (let index = 0; index <= count; index += 1) {
      const stop = index === count ? scan.end : (scan.starts[index] ?? 0);
      for (; from < stop; from += 1) texts[to++] = bytes[from] ?? 0;
      if (index === count) break;
      texts[to++] = ANY_SLOT;
      from = stop + (scan.lengths[index] ?? 0);
    }
    this.#used = to;
    this.#ends[template] = to;
    this.#hashes[template] = scan.templateHash;
    if (this.#slots + count > this.#slotKinds.length) this.#growSlots(count);
    const first = this.#slots;
    this.#firstSlots[template] = first;
    for (let index = 0; index < count; index += 1) {
      this.#slotKinds[first + index] = 0;
      this.#slotLengths[first + index] = scan.lengths[index] ?? 0;
    }
    this.#slots += count;
    this.#place(template, scan.templateHash);
    if (tokens !== undefined) {
      for (let index = 0; index < scan.fixed; index += 1) tokens.add(scan.fixedHashes[index] ?? 0);
    }
    return template;
  }

  #place(template: number, hash: number): void {
    const mask = this.#places.length - 1;
    let at = (hash ^ (hash >>> 15)) & mask;
    for (let probe = 0; probe < LONGEST_PROBE; probe += 1) {
      if (this.#places[at] === 0) {
        this.#places[at] = template + 1;
        return;
      }
      at = (at + 1) & mask;
    }
  }

  #growVariables(more: number): void {
    const larger = new Uint32Array(Math.max(this.#lengths.length * 2, this.#variables + more));
    larger.set(this.#lengths);
    this.#lengths = larger;
    const starts = new Uint32Array(larger.length);
    starts.set(this.#starts);
    this.#starts = starts;
  }

  #growSlots(more: number): void {
    const size = Math.max(this.#slotKinds.length * 2, this.#slots + more);
    const kinds = new Uint8Array(size);
    kinds.set(this.#slotKinds);
    this.#slotKinds = kinds;
    const lengths = new Uint32Array(size);
    lengths.set(this.#slotLengths);
    this.#slotLengths = lengths;
  }

  done(): MessageColumns {
    // The end of the last template's places.
    this.#firstSlots[this.#templates] = this.#slots;
    for (let slot = 0; slot < this.#slots; slot += 1) {
      this.#slotKinds[slot] = slotOf(this.#slotKinds[slot] ?? 0);
      if ((this.#slotLengths[slot] ?? 0) > LONGEST_FIXED) this.#slotLengths[slot] = 0;
    }
    return {
      ids: this.#ids.subarray(0, this.#rows),
      ...this.#writeTemplates(),
      ...this.#writeVariables(),
    };
  }

  /** For loops, in which reading a private field again and again costs. */
  get #columns() {
    return {
      slotKinds: this.#slotKinds,
      slotLengths: this.#slotLengths,
      starts: this.#starts,
      lengths: this.#lengths,
    };
  }

  #writeTemplates(): Pick<MessageColumns, "templates" | "fixedLengths"> {
    const out = Buffer.allocUnsafe(this.#used + this.#templates);
    const fixedLengths = Buffer.allocUnsafe(this.#slots);
    const { slotKinds, slotLengths } = this.#columns;
    const texts = this.#texts;
    let to = 0;
    let slot = 0;
    let from = 0;
    for (let template = 0; template < this.#templates; template += 1) {
      const end = this.#ends[template] ?? 0;
      for (; from < end; from += 1) {
        const byte = texts[from] ?? 0;
        if (byte === ANY_SLOT) {
          out[to++] = slotKinds[slot] ?? 0;
          fixedLengths[slot] = slotLengths[slot] ?? 0;
          slot += 1;
        } else {
          out[to++] = byte;
        }
      }
      out[to++] = TEMPLATE_END;
    }
    return { templates: out.subarray(0, to), fixedLengths };
  }

  #writeVariables(): Pick<MessageColumns, "lengths" | "texts" | "digits" | "hex"> {
    const lengths = new ByteWriter(64 + this.#variables);
    const texts = Buffer.allocUnsafe(this.#variableBytes);
    // A row's digits are padded to a whole byte.
    const digits = Buffer.allocUnsafe((this.#variableBytes >> 1) + this.#rows + 1);
    const hex = Buffer.allocUnsafe((this.#variableBytes >> 1) + 1);
    const { slotKinds, slotLengths, starts, lengths: sizes } = this.#columns;
    let text = 0;
    let nibble = 0;
    let pair = 0;
    let variable = 0;
    const bytes = this.#copied;
    for (let row = 0; row < this.#rows; row += 1) {
      const template = this.#ids[row] ?? 0;
      const last = this.#firstSlots[template + 1] ?? 0;
      for (let slot = this.#firstSlots[template] ?? 0; slot < last; slot += 1) {
        const length = sizes[variable] ?? 0;
        let from = starts[variable++] ?? 0;
        const end = from + length;
        if (slotLengths[slot] === 0) lengths.varint(length);
        const kind = slotKinds[slot];
        if (kind === SLOT_DIGITS) {
          if ((nibble & 1) === 1) {
            digits[nibble >> 1] = (digits[nibble >> 1] ?? 0) | ((bytes[from++] ?? 0) & 0x0f);
          }
          let to = (nibble + 1) >> 1;
          for (; from + 1 < end; from += 2) {
            digits[to++] = (((bytes[from] ?? 0) & 0x0f) << 4) | ((bytes[from + 1] ?? 0) & 0x0f);
          }
          if (from < end) digits[to] = ((bytes[from] ?? 0) & 0x0f) << 4;
          nibble += length;
        } else if (kind === SLOT_HEX) {
          for (; from < end; from += 2) {
            hex[pair++] = (hexValue(bytes[from] ?? 0) << 4) | hexValue(bytes[from + 1] ?? 0);
          }
        } else {
          for (; from < end; from += 1) texts[text++] = bytes[from] ?? 0;
        }
      }
      nibble += nibble & 1;
    }
    return {
      lengths: lengths.done(),
      texts: texts.subarray(0, text),
      digits: digits.subarray(0, nibble >> 1),
      hex: hex.subarray(0, pair),
    };
  }
}

/** How a place's values are stored: in the narrowest form that all of them have. */
function slotOf(kinds: number): number {
  if ((kinds & (TEXT | HEX)) === 0) return SLOT_DIGITS;
  return (kinds & (TEXT | ODD_LENGTH)) === 0 ? SLOT_HEX : SLOT_TEXT;
}

/** @param byte `0` to `9` or `a` to `f`. */
function hexValue(byte: number): number {
  return byte < 0x40 ? byte & 0x0f : byte - 0x57;
}
