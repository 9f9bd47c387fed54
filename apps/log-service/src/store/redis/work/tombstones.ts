import { writePosition } from "../../position.ts";
import type { ClearRequest, Tombstone } from "../../port.ts";
import type { ReadTombstones } from "../context.ts";
import { comparePlaces, type Place } from "../../stored-block.ts";

/** The field that counts a lane's tombstones; every other one is a tombstone. */
const COUNT = "#";

/** A clearing as one lane has it. */
export interface LaneTombstone extends Pick<Tombstone, "id" | "filter" | "fromMs" | "toMs"> {
  /** The last stream id that it covers. */
  readonly bound: Place;
  readonly createdMs: number;
  readonly by: string;
}

export interface LaneTombstones {
  /** How many there ever were: what a swap compares. */
  readonly count: string;
  readonly all: readonly LaneTombstone[];
}

/** A clearing as JSON without its bound, which the script adds. */
export function writeTombstone(request: ClearRequest, createdMs: number): string {
  const { filter, fromMs, toMs, by } = request;
  return JSON.stringify({ filter, from: fromMs, to: toMs, created: createdMs, by });
}

/** @param fields As HGETALL answers them. */
export function readLaneTombstones(fields: readonly string[]): LaneTombstones {
  let count = "0";
  const all: LaneTombstone[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [field = "", value = ""] = [fields[at], fields[at + 1]];
    if (field === COUNT) count = value;
    else all.push(readTombstone(field, value));
  }
  return { count, all };
}

export const readTombstones: ReadTombstones = (lane, fields) =>
  readLaneTombstones(fields).all.map(({ bound, ...rest }) => ({
    ...rest,
    namespace: lane.namespace,
    upTo: [writePosition({ lane: lane.number, major: bound.major, minor: bound.minor })],
  }));

/** A namespace's clearings: each of them is in every lane that had records then. */
export function joinTombstones(lanes: readonly (readonly Tombstone[])[]): readonly Tombstone[] {
  const joined = new Map<string, Tombstone>();
  for (const tombstone of lanes.flat()) {
    const key = `${tombstone.namespace} ${tombstone.id}`;
    const known = joined.get(key);
    joined.set(
      key,
      known === undefined ? tombstone : { ...known, upTo: [...known.upTo, ...tombstone.upTo] },
    );
  }
  return [...joined.values()].toSorted((a, b) => a.createdMs - b.createdMs);
}

export function isWithin(id: Place, { bound }: LaneTombstone): boolean {
  return comparePlaces(id, bound) <= 0;
}

/** Never silently passed over: what it covers would come back. */
function readTombstone(id: string, text: string): LaneTombstone {
  const value: unknown = JSON.parse(text);
  const fields = new Map(Object.entries(value ?? {}));
  const number = (name: string) => {
    const found: unknown = fields.get(name);
    return typeof found === "number" ? found : undefined;
  };
  const filter: unknown = fields.get("filter");
  const by: unknown = fields.get("by");
  const [major, minor] = [number("major"), number("minor")];
  if (typeof filter !== "string" || major === undefined || minor === undefined) {
    throw new RangeError(`the tombstone ${id} cannot be read`);
  }
  return {
    id,
    filter,
    fromMs: number("from"),
    toMs: number("to"),
    bound: { major, minor },
    createdMs: number("created") ?? 0,
    by: typeof by === "string" ? by : "",
  };
}
