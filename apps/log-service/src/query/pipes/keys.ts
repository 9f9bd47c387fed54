import { parse } from "../../block/value-reader.ts";
import { PIPE_LIMITS } from "../../limits.ts";
import { LEVELS } from "../../record/level.ts";
import type { Field, GroupKey } from "../pipe.ts";
import type { Scalar } from "./types.ts";
import {
  eachFieldValue,
  eachRow,
  instantText,
  isPath,
  isScalar,
  pathOf,
  type Looked,
} from "./values.ts";

/** The values of one key in a block's chosen records, each value once. */
interface KeyColumn {
  readonly values: readonly Scalar[];
  /** For each row the place of its value, from 1; 0 for none. */
  readonly first: Int32Array;
  /** Where a row has several, the places of the others. */
  readonly more: ReadonlyMap<number, readonly number[]>;
}

/** Which groups of a block its chosen records belong to. */
export interface BlockGroups {
  /** The keys of each group. */
  readonly keys: readonly (readonly (Scalar | undefined)[])[];
  /** Pairs of row and group, rows in order. */
  readonly rows: readonly number[];
  readonly groups: readonly number[];
  /** Some pairs were left out: records with very long lists. */
  readonly cut: boolean;
}

/** Up to so many pairs of a group and a value, a list finds them faster than a map does. */
const MOST_DENSE = 65_536;

/** A map from small numbers to small numbers. */
class DensePlaces {
  readonly #places: Int32Array;

  constructor(size: number) {
    this.#places = new Int32Array(size).fill(-1);
  }

  get(at: number): number | undefined {
    const place = this.#places[at] ?? -1;
    return place === -1 ? undefined : place;
  }

  set(at: number, place: number): void {
    this.#places[at] = place;
  }
}

/** Distinct values in the order in which they came; the first has place 1. */
class ValuePlaces {
  readonly #known = new Map<Scalar, number>();

  get values(): readonly Scalar[] {
    return [...this.#known.keys()];
  }

  placeOf(value: Scalar): number {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const place = this.#known.size + 1;
    this.#known.set(value, place);
    return place;
  }
}

/** @param skipMissing Whether a record without a key belongs to no group. */
export function groupRows(
  looked: Looked,
  by: readonly GroupKey[],
  skipMissing: boolean,
): BlockGroups {
  let rows: number[] = [];
  eachRow(looked, (row) => rows.push(row));
  let groups: number[] = rows.map(() => 0);
  let keys: (Scalar | undefined)[][] = [[]];
  let cut = false;
  for (const key of by) {
    const { values, first, more } = keyColumn(looked, key);
    const mixes = keys.length * (values.length + 1);
    const places = mixes <= MOST_DENSE ? new DensePlaces(mixes) : new Map<number, number>();
    const before = { rows, groups, keys };
    rows = [];
    groups = [];
    keys = [];
    const add = (row: number, group: number, place: number): void => {
      if (place === 0 && skipMissing) return;
      const mixed = group * (values.length + 1) + place;
      let known = places.get(mixed);
      if (known === undefined) {
        known = keys.length;
        places.set(mixed, known);
        keys.push([...(before.keys[group] ?? []), values[place - 1]]);
      }
      rows.push(row);
      groups.push(known);
    };
    for (const [at, row] of before.rows.entries()) {
      const group = before.groups[at] ?? 0;
      add(row, group, first[row] ?? 0);
      for (const place of more.get(row) ?? []) {
        if (rows.length >= PIPE_LIMITS.blockEntries) cut = true;
        else add(row, group, place);
      }
    }
  }
  return { keys, rows, groups, cut };
}

function keyColumn(looked: Looked, key: GroupKey): KeyColumn {
  const { rows } = looked;
  const more = new Map<number, number[]>();
  if (key.kind === "field" && key.field === "source") {
    // "" is no source, and has its own place among the names.
    const places = rows.sourceNames.map((name, at) => (name === "" ? 0 : at + 1));
    const first = Int32Array.from(rows.sourceIndexes, (index) => places[index] ?? 0);
    return { values: rows.sourceNames, first, more };
  }
  if (key.kind === "field" && key.field === "level") {
    return { values: LEVELS, first: Int32Array.from(rows.levels, (level) => level + 1), more };
  }
  const known = new ValuePlaces();
  const first = new Int32Array(rows.count);
  if (key.kind === "bin") {
    const { ms } = rows;
    eachRow(looked, (row) => {
      const at = ms[row] ?? 0;
      first[row] = known.placeOf(at - (at % key.ms));
    });
    return { values: known.values.map(binText), first, more };
  }
  const members = memberColumn(looked, key.field);
  if (members !== undefined) return members;
  eachFieldValue(looked, key.field, (row, value) => {
    const place = known.placeOf(value);
    const before = first[row];
    if (before === 0) first[row] = place;
    else if (before !== place) addPlace(more, row, place);
  });
  return { values: known.values, first, more };
}

/** One look for each distinct value instead of one for each row; undefined where that is not all. */
function memberColumn({ rows }: Looked, field: Field): KeyColumn | undefined {
  if (!isPath(field)) return undefined;
  const path = pathOf(field);
  // A longer path can lead to several members.
  if (path.includes(".")) return undefined;
  const { texts, ids } = rows.membersAt(path);
  if (texts.some((text) => text.startsWith("["))) return undefined;
  const known = new ValuePlaces();
  const places = texts.map((text) => {
    const value = text === "" ? null : parse(text);
    return isScalar(value) ? known.placeOf(value) : 0;
  });
  return {
    values: known.values,
    first: Int32Array.from(ids, (id) => places[id] ?? 0),
    more: new Map(),
  };
}

function addPlace(more: Map<number, number[]>, row: number, place: number): void {
  const places = more.get(row);
  if (places === undefined) more.set(row, [place]);
  else if (places.length < PIPE_LIMITS.listValues && !places.includes(place)) places.push(place);
}

function binText(ms: Scalar): string {
  return instantText(Number(ms), 0);
}

/** The start of a bin as its key. */
export function binKey(ms: number, width: number): string {
  return instantText(ms - (ms % width), 0);
}
