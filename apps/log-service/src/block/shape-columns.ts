import { BLOCK_LIMITS } from "../limits.ts";
import { readShape } from "./shape.ts";

/** The columns of one block's metadata, numbered in the order in which their paths came. */
export class ShapeColumns {
  /** Shapes that are kept. */
  kept = 0;
  readonly #columns = new Map<string, number>();

  /**
   * Takes a shape that is new in the block.
   * @returns For each of its values the number of its column; undefined for a shape that is not kept:
   * it names a key twice, or there are too many. That of a whole object always is.
   */
  open(bytes: Uint8Array): readonly number[] | undefined {
    const isWhole = bytes.length === 1;
    if (this.kept === BLOCK_LIMITS.shapes && !isWhole) return undefined;
    const shape = readShape(bytes);
    if (shape === undefined) return undefined;
    const added = shape.paths.filter((path) => !this.#columns.has(path)).length;
    if (this.#columns.size + added > BLOCK_LIMITS.metadataColumns && !isWhole) return undefined;
    this.kept += 1;
    return shape.paths.map((path) => this.#numberOf(path));
  }

  #numberOf(path: string): number {
    const known = this.#columns.get(path);
    if (known !== undefined) return known;
    this.#columns.set(path, this.#columns.size);
    return this.#columns.size - 1;
  }
}
