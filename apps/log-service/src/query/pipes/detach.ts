import type { Scalar } from "./types.ts";

/** A copy of its own: V8 keeps a whole column of a block alive for a part of it. */
export function detach<T extends Scalar | undefined>(value: T): T | string {
  return typeof value === "string" && value.length >= SLICED
    ? Buffer.from(value).toString()
    : value;
}

/** Shorter parts are copies anyway. */
const SLICED = 13;
