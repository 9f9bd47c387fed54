/**
 * Positions and record ids as text; docs/block-layout.md draws them. Each number is one base-36
 * digit that counts the digits after it, then those: text order is number order.
 */
export interface StreamPosition {
  /** The lane's number. */
  readonly lane: number;
  /** The two numbers of a Redis stream id. */
  readonly major: number;
  readonly minor: number;
}

/**
 * 2025-01-01: an empty store numbers its lanes from the seconds since then. What an archive kept of
 * the lanes before, which nobody may remember, then has other ids.
 */
export const FIRST_LANES_MS = Date.UTC(2025, 0, 1);

export function writePosition(position: StreamPosition): string {
  return writeNumber(position.lane) + writeNumber(position.major) + writeNumber(position.minor);
}

/** @param position As `writePosition` made it. */
export function writeRecordId(position: string, index: number): string {
  return position + writeNumber(index);
}

/** The ids of one block's records, in order: spelt where they are needed, as most answers are text. */
export class BlockIds {
  readonly count: number;
  readonly #position: string;

  /** @param position As `writePosition` made it. @param count At most 4,096. */
  constructor(position: string, count: number) {
    this.#position = position;
    this.count = count;
  }

  at(row: number): string {
    return writeRecordId(this.#position, row);
  }

  all(): string[] {
    return Array.from({ length: this.count }, (_, row) => this.at(row));
  }

  /** All of them as a JSON array. */
  json(): string {
    if (this.count === 0) return "[]";
    const rows = small.slice(0, this.count);
    return `["${this.#position}${rows.join(`","${this.#position}`)}"]`;
  }
}

/** @returns undefined for text that is no position. */
export function readPosition(text: string): StreamPosition | undefined {
  const numbers = readNumbers(text);
  const [lane, major, minor] = numbers ?? [];
  if (lane === undefined || major === undefined || minor === undefined) return undefined;
  return numbers?.length === 3 ? { lane, major, minor } : undefined;
}

/** Splits a record's id into its block's position and its index; undefined for other text. */
export function readRecordId(text: string): { position: string; index: number } | undefined {
  const numbers = readNumbers(text);
  const [lane, major, minor, index] = numbers ?? [];
  if (numbers?.length !== 4) return undefined;
  if (lane === undefined || major === undefined || minor === undefined || index === undefined) {
    return undefined;
  }
  return { position: writePosition({ lane, major, minor }), index };
}

/** Several lanes' positions as one opaque text, for callers to hand back. */
export function writePositions(positions: readonly string[]): string {
  return positions.join(".");
}

/** @returns undefined for text that `writePositions` cannot have made. */
export function readPositions(text: string): readonly string[] | undefined {
  const positions = text === "" ? [] : text.split(".");
  return positions.every((position) => readPosition(position) !== undefined)
    ? positions
    : undefined;
}

/** The part of a position that names its lane. */
export function lanePrefix(position: string): string {
  return position.slice(0, 1 + Number.parseInt(position.charAt(0), 36));
}

/** Behind every id and position that begins with a text: their characters are digits and letters. */
export function behind(text: string): string {
  return `${text}~`;
}

const small = Array.from({ length: 4096 }, (_, value) => spell(value));

function writeNumber(value: number): string {
  return small[value] ?? spell(value);
}

function spell(value: number): string {
  const digits = value.toString(36);
  return digits.length.toString(36) + digits;
}

function readNumbers(text: string): number[] | undefined {
  const numbers: number[] = [];
  let at = 0;
  while (at < text.length) {
    const length = Number.parseInt(text.charAt(at), 36);
    const digits = text.slice(at + 1, at + 1 + length);
    if (digits.length !== length || !/^[0-9a-z]{1,11}$/.test(digits)) return undefined;
    const value = Number.parseInt(digits, 36);
    if (!Number.isSafeInteger(value)) return undefined;
    numbers.push(value);
    at += 1 + length;
  }
  return numbers;
}
