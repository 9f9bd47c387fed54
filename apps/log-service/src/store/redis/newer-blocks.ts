import { comparePlaces, type Place } from "../stored-block.ts";
import { writeStreamId } from "./stream-id.ts";

/** Where a lane has blocks that only a newer version of the service can read. */
export class NewerBlocks {
  readonly #small = new Map<string, Place>();
  readonly #large = new Map<string, Place>();

  /** Again for one that is read again. */
  add(place: Place, isLarge: boolean): void {
    (isLarge ? this.#large : this.#small).set(writeStreamId(place), place);
  }

  /**
   * Forgets those that are gone.
   * @param firstSmall What each stream begins with; undefined for an empty one.
   * @param replaced Large ones that others took the place of.
   */
  drop(
    firstSmall: Place | undefined,
    firstLarge: Place | undefined,
    replaced: readonly Place[],
  ): void {
    dropBefore(firstSmall, this.#small);
    dropBefore(firstLarge, this.#large);
    for (const place of replaced) this.#large.delete(writeStreamId(place));
  }

  /** Whether there is one that may hold records behind a place: an entry comes after all of its own. */
  isBehind(after: Place | undefined): boolean {
    return [...this.#small.values(), ...this.#large.values()].some(
      (place) => after === undefined || comparePlaces(place, after) > 0,
    );
  }
}

function dropBefore(first: Place | undefined, places: Map<string, Place>): void {
  for (const [id, place] of places) {
    if (first === undefined || comparePlaces(place, first) < 0) places.delete(id);
  }
}
