import { BLOCK_LIMITS } from "../limits.ts";
import { isObject, type JsonValue } from "../record/record.ts";
import { ByteReader, DamagedBlockError } from "./bytes.ts";
import { NO_SHAPE } from "./metadata-writer.ts";
import { memberParts, MemberTable, type Members } from "./members.ts";
import { reachValues } from "./path.ts";
import { readShape, type Shape } from "./shape.ts";
import { parse, readColumn, type ValueColumn } from "./value-reader.ts";

interface ReadShape extends Shape {
  /** For each value its column. */
  readonly columns: readonly number[];
}

/** What a path leads to in one shape: columns, or objects that must be put together first. */
interface Reached {
  readonly columns: readonly number[];
  readonly needsObject: boolean;
}

/** Metadata kept as shapes and columns of values. */
export class MetadataReader {
  readonly #count: number;
  readonly #shapes: readonly ReadShape[];
  /** For each row its shape, counted from 1. */
  readonly #rows: Uint32Array;
  readonly #columns: readonly ValueColumn[];
  /** For each column the value that each row has there, made when first asked for. */
  readonly #places = new Map<number, Uint32Array>();

  /**
   * @param bytes The section; empty if no row has metadata.
   * @throws DamagedBlockError for anything that a MetadataWriter cannot have written.
   */
  constructor(bytes: Uint8Array, count: number) {
    this.#count = count;
    this.#rows = new Uint32Array(count);
    if (bytes.length === 0) {
      this.#shapes = [];
      this.#columns = [];
      return;
    }
    const input = new ByteReader(bytes);
    // One more than limited: whole objects always have their shape.
    const shapes = upTo(input.varint(), BLOCK_LIMITS.shapes + 1, "shapes");
    this.#shapes = Array.from({ length: shapes }, () => readShapeOf(input));
    const rowsOf = new Uint32Array(shapes + 1);
    for (let row = 0; row < count; row += 1) {
      const shape = upTo(input.varint(), shapes, "a shape's number");
      this.#rows[row] = shape;
      rowsOf[shape] = (rowsOf[shape] ?? 0) + 1;
    }
    const columns = upTo(input.varint(), BLOCK_LIMITS.metadataColumns + 1, "columns");
    const sizes = new Uint32Array(columns);
    let total = 0;
    for (const [index, { columns: used, pieces }] of this.#shapes.entries()) {
      const rows = rowsOf[index + 1] ?? 0;
      for (const piece of pieces) total += piece.length * rows;
      for (const column of used) {
        upTo(column, columns - 1, "a column's number");
        sizes[column] = (sizes[column] ?? 0) + rows;
      }
    }
    if (total > BLOCK_LIMITS.metadataBytes) throw new DamagedBlockError("the shapes are too long");
    this.#columns = Array.from(sizes, (size) => readColumn(input, size));
    if (!input.ended) throw new DamagedBlockError("bytes follow the metadata");
  }

  /** JSON text, or "". */
  text(row: number): string {
    const shape = this.#shapeOf(row);
    if (shape === undefined) return "";
    const { pieces, columns } = shape;
    let text = pieces[0] ?? "";
    for (let index = 0; index < columns.length; index += 1) {
      text += this.#text(columns[index] ?? 0, row) + (pieces[index + 1] ?? "");
    }
    return text;
  }

  /** Visits the values at a path, rows in order; see `reachValues`. */
  eachValue(path: string, visit: (row: number, value: JsonValue) => void): void {
    const steps = path.split(".");
    const reached = this.#shapes.map((shape) => reachColumns(shape, steps));
    if (reached.every(({ columns, needsObject }) => columns.length === 0 && !needsObject)) return;
    for (let row = 0; row < this.#count; row += 1) {
      const shape = this.#rows[row] ?? NO_SHAPE;
      if (shape === NO_SHAPE) continue;
      const { columns = [], needsObject = false } = reached[shape - 1] ?? {};
      if (needsObject) {
        reachValues(parse(this.text(row)), steps, (value) => visit(row, value));
      } else {
        for (const column of columns) visit(row, this.#value(column, row));
      }
    }
  }

  /** See `BlockRows.membersAt`. */
  membersAt(key: string): Members {
    const members = new MemberTable(this.#count);
    const readers = this.#shapes.map((shape) => this.#memberReader(shape, key, members));
    for (let row = 0; row < this.#count; row += 1) {
      const read = readers[(this.#rows[row] ?? NO_SHAPE) - 1];
      if (read !== undefined) members.ids[row] = read(row);
    }
    return members;
  }

  /** Answers for a row of a shape the number of its member; undefined if the shape has none. */
  #memberReader(
    { tree, columns, pieces }: ReadShape,
    key: string,
    members: MemberTable,
  ): ((row: number) => number) | undefined {
    if (typeof tree === "number") {
      const [before = "", after = ""] = pieces;
      const column = columns[0] ?? 0;
      return (row) => {
        const object = parse(before + this.#text(column, row) + after);
        const member = isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
        return member === undefined ? 0 : members.ofText(JSON.stringify(member));
      };
    }
    const member = isObject(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined;
    if (member === undefined) return undefined;
    const parts = memberParts(member);
    const used = parts.flatMap((part) => (typeof part === "number" ? [columns[part] ?? 0] : []));
    const write = (row: number) =>
      parts
        .map((part) => (typeof part === "number" ? this.#text(columns[part] ?? 0, row) : part))
        .join("");
    const coded = used.map((column) => ({
      places: this.#placesOf(column),
      codes: this.#columns[column]?.codes,
    }));
    const combinations = coded.reduce((all, { codes }) => all * (codes?.size ?? Infinity), 1);
    if (combinations > Number.MAX_SAFE_INTEGER) return (row) => members.ofText(write(row));
    // Rows with the same codes have the same text, which is put together once.
    const known = new Map<number, number>();
    return (row) => {
      let code = 0;
      for (const { places, codes } of coded) {
        if (codes !== undefined) code = code * codes.size + (codes.of[places[row] ?? 0] ?? 0);
      }
      const before = known.get(code);
      if (before !== undefined) return before;
      const id = members.ofText(write(row));
      known.set(code, id);
      return id;
    };
  }

  /** See `BlockRows.eachLeaf`. */
  eachLeaf(
    wanted: (keys: readonly string[]) => boolean,
    visit: (row: number, value: JsonValue) => void,
    whole: (row: number, object: JsonValue) => void,
  ): void {
    const reached = this.#shapes.map(({ tree, paths, columns }) => {
      if (typeof tree === "number") return "whole";
      return columns.filter((_, place) => wanted(keysOf(paths[place] ?? "[]")));
    });
    if (reached.every((columns) => columns.length === 0)) return;
    for (let row = 0; row < this.#count; row += 1) {
      const columns = reached[(this.#rows[row] ?? NO_SHAPE) - 1];
      if (columns === undefined) continue;
      if (columns === "whole") whole(row, parse(this.text(row)));
      else for (const column of columns) visit(row, this.#value(column, row));
    }
  }

  #shapeOf(row: number): ReadShape | undefined {
    return this.#shapes[(this.#rows[row] ?? NO_SHAPE) - 1];
  }

  #text(column: number, row: number): string {
    return this.#columns[column]?.text(this.#placesOf(column)[row] ?? 0) ?? "";
  }

  #value(column: number, row: number): JsonValue {
    return this.#columns[column]?.value(this.#placesOf(column)[row] ?? 0) ?? null;
  }

  #placesOf(column: number): Uint32Array {
    const known = this.#places.get(column);
    if (known !== undefined) return known;
    const has = this.#shapes.map(({ columns }) => columns.includes(column));
    const places = new Uint32Array(this.#count);
    let next = 0;
    for (let row = 0; row < this.#count; row += 1) {
      if (has[(this.#rows[row] ?? NO_SHAPE) - 1] === true) places[row] = next++;
    }
    this.#places.set(column, places);
    return places;
  }
}

function readShapeOf(input: ByteReader): ReadShape {
  const shape = readShape(input.sized());
  if (shape === undefined) throw new DamagedBlockError("a shape is not JSON");
  const columns = shape.paths.map(() => input.varint());
  // Two values of a row in one column would shift those of all rows after it.
  if (new Set(columns).size !== columns.length) throw new DamagedBlockError("a column comes twice");
  return { ...shape, columns };
}

/** Follows a path through a shape, in which values are their places. */
function reachColumns({ tree, columns }: ReadShape, steps: readonly string[]): Reached {
  // The object as a whole is one value.
  if (typeof tree === "number") return { columns: [], needsObject: true };
  const reached: number[] = [];
  let needsObject = false;
  reachValues(tree, steps, (place) => {
    if (typeof place === "number") reached.push(columns[place] ?? 0);
    else needsObject = true;
  });
  return { columns: reached, needsObject };
}

function keysOf(path: string): readonly string[] {
  const keys: readonly string[] = JSON.parse(path);
  return keys;
}

function upTo(value: number, most: number, what: string): number {
  if (value > most) throw new DamagedBlockError(`${what} cannot be ${value}`);
  return value;
}
