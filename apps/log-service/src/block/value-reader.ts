import { BLOCK_LIMITS } from "../limits.ts";
import type { JsonValue } from "../record/record.ts";
import { DamagedBlockError, type ByteReader } from "./bytes.ts";
import { MOST_LISTED, VALUES_LISTED, VALUES_TEXT, VALUES_WHOLE } from "./value-writer.ts";

/** One metadata path's values, those of the rows that have it, in order. */
export interface ValueColumn {
  readonly count: number;
  /** As JSON text. */
  text(index: number): string;
  value(index: number): JsonValue;
  /** Of few distinct values: for each one its place among them. */
  readonly codes?: { readonly of: Uint8Array; readonly size: number };
}

/**
 * @param count Values that the column must have.
 * @throws DamagedBlockError for anything that a ValueWriter cannot have written.
 */
export function readColumn(input: ByteReader, count: number): ValueColumn {
  const form = input.byte();
  if (form === VALUES_LISTED) return readListed(input, count);
  if (form === VALUES_WHOLE) return readWhole(input, count);
  if (form === VALUES_TEXT) return readTexts(input, count);
  throw new DamagedBlockError("a form of values is not known");
}

function readListed(input: ByteReader, count: number): ValueColumn {
  const size = input.varint();
  if (size > MOST_LISTED) throw new DamagedBlockError("too many values are listed");
  const texts = Array.from({ length: size }, () => textOf(input.sized()));
  const indexes = input.bytes(count);
  let total = 0;
  for (const index of indexes) {
    const text = texts[index];
    if (text === undefined) throw new DamagedBlockError("a value is missing");
    total += text.length;
  }
  // One long value for each row would make a small block a large one.
  if (total > BLOCK_LIMITS.bodyBytes) throw new DamagedBlockError("the values are too long");
  const values: (JsonValue | undefined)[] = [];
  return {
    count,
    codes: { of: indexes, size },
    text: (index) => texts[indexes[index] ?? 0] ?? "",
    value: (index) => {
      const listed = indexes[index] ?? 0;
      return (values[listed] ??= parse(texts[listed] ?? ""));
    },
  };
}

function readWhole(input: ByteReader, count: number): ValueColumn {
  const width = input.byte();
  if (width < 1 || width > 7) throw new DamagedBlockError("a number is too wide");
  const planes = input.bytes(width * count);
  const number = (index: number): number => {
    let value = 0;
    for (let plane = width - 1; plane >= 0; plane -= 1) {
      value = value * 256 + (planes[plane * count + index] ?? 0);
    }
    return value;
  };
  return { count, text: (index) => String(number(index)), value: number };
}

function readTexts(input: ByteReader, count: number): ValueColumn {
  const bytes = input.sized();
  let texts: readonly string[] | undefined;
  const list = (): readonly string[] => {
    if (texts !== undefined) return texts;
    const split = textOf(bytes).split("\0");
    if (split.pop() !== "" || split.length !== count) {
      throw new DamagedBlockError("a column has not as many values as rows");
    }
    texts = split;
    return split;
  };
  return {
    count,
    text: (index) => list()[index] ?? "",
    value: (index) => parse(list()[index] ?? ""),
  };
}

/** @throws DamagedBlockError for text that is not JSON. */
export function parse(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch (error) {
    throw new DamagedBlockError("a value is not JSON", { cause: error });
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
