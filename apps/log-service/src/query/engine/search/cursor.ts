import { hash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

import { ServiceError } from "../../../errors.ts";
import { SEARCH_LIMITS } from "../../../limits.ts";
import { lanePrefix, readPosition, readRecordId } from "../../../store/position.ts";
import type { Filter } from "../../filter.ts";
import type { Order } from "../../key.ts";
import { list, object, oneOf, string, stringThat, whole, type Shape } from "../../shape.ts";

const count = whole(Number.MAX_SAFE_INTEGER);
const id = stringThat((value) => readRecordId(value) !== undefined);
const position = stringThat((value) => readPosition(value) !== undefined);
const positions = list(position, SEARCH_LIMITS.positions);
const moment = { ms: count, nanos: count };

/** All that the next page needs to know; callers see one opaque text. */
const isCursor = object(
  {
    /** Which search it belongs to. */
    search: string(SEARCH_LIMITS.cursorUnits),
    /** The records that all pages of the search share, by position: later writes do not move them. */
    upTo: positions,
    /** Found in the scanned blocks but not given out: a block not yet scanned may have earlier ones. */
    pending: list(id, SEARCH_LIMITS.pending),
  },
  {
    /** What the query's relative times are reckoned from, on all pages. */
    now: count,
    from: object(moment),
    to: object(moment),
    after: positions,
    /** The last record given out. */
    key: object({ ...moment, id }),
    /**
     * Where the scan of blocks stopped, if it ran into a limit: every block up to this place is
     * done, of those that were there then. `seen` has each lane's last of them: a block that merging
     * has made since stands behind it, and is read, again where need be.
     */
    scanned: object({ ...moment, id: position, seen: positions }),
    /**
     * Up to where the archive was read: what is found there is given out or pending. Without an id,
     * up to but without that moment.
     */
    archived: object(moment, { id }),
    /**
     * What the page before lacks of the archive, which failed: records, and where those of its lanes
     * stood that the hot store does not have.
     */
    missed: oneOf("records", "lanes"),
    /** There was more behind the last pending record than a cursor holds. */
    capped: oneOf(true),
  },
);

export type Cursor = typeof isCursor extends Shape<infer T> ? T : never;

// Between a cursor and the namespaces it stands for; in neither of them, and safe in a URL.
const SEPARATOR = "~";
const BETWEEN_NAMES = ".";

/** Stands before what is compressed; not a character of the alphabet of the rest, and safe in a URL. */
const PACKED = "!";
/** Below this a cursor of few lanes stays as it is. */
const LEAST_PACKED = 1_024;
/** A cursor of the most lanes and pending records, before compression. */
const MOST_UNPACKED = 64 * 1_024;

/** @param carried Names that come with the cursor, as the caller does not give them itself. */
export function writeCursor(cursor: Cursor, carried: readonly string[] | undefined): string {
  const json = Buffer.from(JSON.stringify(cursor));
  const text =
    json.length < LEAST_PACKED
      ? json.toString("base64url")
      : PACKED + deflateRawSync(json).toString("base64url");
  return carried === undefined ? text : text + SEPARATOR + carried.join(BETWEEN_NAMES);
}

/**
 * The namespaces that a cursor carries. They come back from the caller, who may have changed them:
 * whoever asks checks them as if they had been given by name.
 * @throws ServiceError NL_CURSOR_INVALID for a cursor without any.
 */
export function cursorNamespaces(text: string): readonly string[] {
  const at = text.indexOf(SEPARATOR);
  if (at === -1 || text.length > SEARCH_LIMITS.cursorUnits) {
    throw new ServiceError("NL_CURSOR_INVALID");
  }
  const names = text.slice(at + 1);
  return names === "" ? [] : names.split(BETWEEN_NAMES);
}

/** When the search of a cursor was first asked, if its query says times; see `SearchQuestion.nowMs`. */
export function cursorNow(text: string): number | undefined {
  if (text.length > SEARCH_LIMITS.cursorUnits) return undefined;
  try {
    const value: unknown = JSON.parse(decoded(text));
    return isCursor(value) ? value.now : undefined;
  } catch {
    // Whoever reads the whole of it says what is wrong.
    return undefined;
  }
}

/**
 * Whoever reads on from it compares its `search` with the fingerprint of the search at hand.
 * @throws ServiceError NL_CURSOR_INVALID for a text that no page gave out.
 */
export function readCursor(text: string): Cursor {
  if (text.length > SEARCH_LIMITS.cursorUnits) throw new ServiceError("NL_CURSOR_INVALID");
  let value: unknown;
  try {
    value = JSON.parse(decoded(text));
  } catch (error) {
    throw new ServiceError("NL_CURSOR_INVALID", undefined, { cause: error });
  }
  if (!isCursor(value)) throw new ServiceError("NL_CURSOR_INVALID");
  return value;
}

function decoded(text: string): string {
  const [own = ""] = text.split(SEPARATOR, 1);
  if (!own.startsWith(PACKED)) return Buffer.from(own, "base64url").toString();
  const packed = Buffer.from(own.slice(PACKED.length), "base64url");
  return inflateRawSync(packed, { maxOutputLength: MOST_UNPACKED }).toString();
}

/** Tells searches apart. Times are not in it: `from=15m` means another instant on each page. */
export function searchFingerprint(
  namespaces: readonly string[],
  filter: Filter,
  order: Order,
): string {
  const text = JSON.stringify([namespaces, filter, order]);
  return hash("sha256", text, "base64url").slice(0, 12);
}

/** The last position of each lane. */
export function lastOfLanes(positions: Iterable<string>): string[] {
  const last = new Map<string, string>();
  for (const text of positions) {
    const lane = lanePrefix(text);
    const known = last.get(lane);
    if (known === undefined || text > known) last.set(lane, text);
  }
  return [...last.values()];
}
