import type { BlockHeader } from "../../block/header.ts";
import { PIPE_LIMITS } from "../../limits.ts";
import { LEVELS } from "../../record/level.ts";
import type { JsonValue } from "../../record/record.ts";
import type { Field, GroupKey, StatsFunction } from "../pipe.ts";
import { createAccumulator, type ValueFunction } from "./accumulators.ts";
import type { Accumulator, Row, Saved, Scalar } from "./types.ts";
import { detach } from "./detach.ts";
import { headerGroups, headerNeeds, type HeaderNeeds } from "./header-groups.ts";
import { groupRows, type BlockGroups } from "./keys.ts";
import { eachFieldValue, type Looked } from "./values.ts";

export interface GroupsState {
  readonly stage: "groups";
  readonly groups: readonly SavedGroup[];
  readonly leftOut: boolean;
  readonly undercount: number;
}

interface SavedGroup {
  readonly keys: readonly (Scalar | undefined)[];
  readonly count: number;
  readonly values: readonly Saved[];
}

interface Group {
  readonly keys: readonly (Scalar | undefined)[];
  count: number;
  readonly values: readonly Accumulator[];
}

export interface GroupsOptions {
  readonly by: readonly GroupKey[];
  readonly functions: readonly StatsFunction[];
  /** Records that lack a key belong to no group. */
  readonly skipMissing: boolean;
  /** Whether rare groups make room for new ones once there are too many, or new ones are left out. */
  readonly evict: boolean;
}

/** Groups of records by the values of some fields, with a count and other figures for each. */
export class Groups {
  readonly #options: GroupsOptions;
  readonly #functions: readonly ValueFunction[];
  readonly #most: number;
  #groups = new Map<string, Group>();
  /** Counts by level of headers, which become groups in the end: most counts are of these alone. */
  readonly #levels = new Float64Array(LEVELS.length);
  readonly #isByLevel: boolean;
  #keyUnits = 0;
  #leftOut = false;
  /** The most that a count can be too low by. */
  #undercount = 0;

  constructor(options: GroupsOptions) {
    this.#options = options;
    this.#functions = options.functions.filter((fn) => fn.name !== "count");
    this.#most = options.evict ? PIPE_LIMITS.topValues : PIPE_LIMITS.groups;
    const [only, ...others] = options.by;
    this.#isByLevel = only?.kind === "field" && only.field === "level" && others.length === 0;
    // Without keys there is one group, be it empty.
    if (options.by.length === 0) this.#group([]);
  }

  /** Undefined if headers do not do. */
  get headerNeeds(): HeaderNeeds | undefined {
    return this.#functions.length > 0 ? undefined : headerNeeds(this.#options.by);
  }

  addHeader(header: BlockHeader, levels: readonly boolean[], namespace: string): boolean {
    if (this.#functions.length > 0) return false;
    if (this.#isByLevel) {
      for (let level = 0; level < LEVELS.length; level += 1) {
        if (levels[level] !== true) continue;
        this.#levels[level] = (this.#levels[level] ?? 0) + (header.levels[level] ?? 0);
      }
      return true;
    }
    const { by, skipMissing } = this.#options;
    const groups = headerGroups(header, levels, namespace, by);
    if (groups === undefined) return false;
    for (const [keys, count] of groups) {
      if (!(skipMissing && keys.includes(undefined))) this.#count(keys, count);
    }
    return true;
  }

  addBlock(looked: Looked): void {
    const { by, skipMissing } = this.#options;
    // Everything is decoded before anything is counted: a damaged block counts for nothing.
    const found = groupRows(looked, by, skipMissing);
    const fields = new Map<Field, FieldValues>();
    for (const { of } of this.#functions) {
      if (!fields.has(of)) fields.set(of, valuesOf(looked, of));
    }
    if (found.cut) this.#leftOut = true;
    const counts = new Uint32Array(found.keys.length);
    for (const group of found.groups) counts[group] = (counts[group] ?? 0) + 1;
    const groups = found.keys.map((keys, at) => this.#count(keys, counts[at] ?? 0));
    for (const [at, fn] of this.#functions.entries()) {
      const values = fields.get(fn.of);
      if (values !== undefined) addValues(values, found, groups, at);
    }
  }

  state(): GroupsState {
    this.#countLevels();
    const groups = [...this.#groups.values()].map(({ keys, count, values }) => ({
      keys,
      count,
      values: values.map((value) => value.save()),
    }));
    return { stage: "groups", groups, leftOut: this.#leftOut, undercount: this.#undercount };
  }

  merge({ groups, leftOut, undercount }: GroupsState): void {
    for (const { keys, count, values } of groups) {
      const group = this.#count(keys, count);
      for (const [at, saved] of values.entries()) group?.values[at]?.merge(saved);
    }
    this.#leftOut ||= leftOut;
    this.#undercount += undercount;
  }

  /** @param names A column for each key. */
  rows(names: readonly string[]): Row[] {
    this.#countLevels();
    return [...this.#groups.values()].map((group) => {
      const row: Record<string, JsonValue> = {};
      for (const [at, name] of names.entries()) {
        const key = group.keys[at];
        if (key !== undefined) row[name] = key;
      }
      let at = 0;
      for (const fn of this.#options.functions) {
        row[fn.as] = fn.name === "count" ? group.count : (group.values[at]?.result() ?? null);
        if (fn.name !== "count") at += 1;
      }
      return row;
    });
  }

  get truncated(): boolean {
    return this.#leftOut;
  }

  notes(): string[] {
    const notes: string[] = [];
    if (this.#leftOut) notes.push(`groups beyond the first ${this.#groups.size} were left out`);
    if (this.#undercount > 0) notes.push(`counts may be too low by up to ${this.#undercount}`);
    for (const [at, fn] of this.#functions.entries()) {
      const estimated = [...this.#groups.values()].some(({ values }) => values[at]?.approximate);
      const within = fn.name === "count_uniq" ? "about 2 %" : "1 %";
      if (estimated)
        notes.push(`${fn.as} is estimated within ${within} where there are many values`);
    }
    return notes;
  }

  get approximate(): boolean {
    return (
      this.#undercount > 0 ||
      [...this.#groups.values()].some(({ values }) => values.some((value) => value.approximate))
    );
  }

  #countLevels(): void {
    this.#levels.forEach((count, level) => {
      if (count > 0) this.#count([LEVELS[level]], count);
    });
    this.#levels.fill(0);
  }

  /** @returns undefined if there is no room for the group. */
  #count(keys: readonly (Scalar | undefined)[], count: number): Group | undefined {
    const group = this.#group(keys);
    if (group === undefined) this.#leftOut = true;
    else group.count += count;
    return group;
  }

  #group(keys: readonly (Scalar | undefined)[]): Group | undefined {
    const name = nameOf(keys);
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const full = this.#groups.size >= this.#most || this.#keyUnits > PIPE_LIMITS.keyUnits;
    if (full && !(this.#options.evict && this.#evict())) return undefined;
    const group: Group = {
      keys: keys.map(detach),
      count: 0,
      values: this.#functions.map((fn) => createAccumulator(fn, this.#groups.size)),
    };
    const own = nameOf(group.keys);
    this.#groups.set(own, group);
    this.#keyUnits += own.length;
    return group;
  }

  /** Lets go of the rarer half, and remembers how much that may have cost the others. */
  #evict(): boolean {
    const sorted = [...this.#groups].sort(([, a], [, b]) => b.count - a.count);
    const gone = sorted.splice(Math.ceil(sorted.length / 2));
    const [first] = gone;
    if (first === undefined) return false;
    this.#undercount += first[1].count;
    this.#groups = new Map(sorted);
    for (const [name] of gone) this.#keyUnits -= name.length;
    return true;
  }
}

/** No text of a record holds a NUL. */
function nameOf(keys: readonly (Scalar | undefined)[]): string {
  return keys
    .map((key) => (key === undefined ? "" : `${typeof key === "string" ? "s" : "v"}${key}`))
    .join("\0");
}

interface FieldValues {
  /** Rows in order. */
  readonly rows: readonly number[];
  readonly values: readonly Scalar[];
}

function valuesOf(looked: Looked, field: Field): FieldValues {
  const rows: number[] = [];
  const values: Scalar[] = [];
  eachFieldValue(looked, field, (row, value) => {
    rows.push(row);
    values.push(value);
  });
  return { rows, values };
}

/** Both lists have their rows in order: they are walked through side by side. */
function addValues(
  { rows, values }: FieldValues,
  found: BlockGroups,
  groups: readonly (Group | undefined)[],
  at: number,
): void {
  let start = 0;
  for (const [place, row] of rows.entries()) {
    while ((found.rows[start] ?? Infinity) < row) start += 1;
    for (let pair = start; found.rows[pair] === row; pair += 1) {
      const value = values[place];
      if (value !== undefined) groups[found.groups[pair] ?? 0]?.values[at]?.add(value);
    }
  }
}
