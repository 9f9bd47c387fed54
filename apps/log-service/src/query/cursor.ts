import { createHash } from "node:crypto";
import { z } from "zod";

import { ServiceError } from "../errors.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import { readPosition, readRecordId } from "../store/position.ts";
import type { Filter } from "./filter.ts";
import type { Order } from "./key.ts";

const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const id = z.string().refine((text) => readRecordId(text) !== undefined);
const position = z.string().refine((text) => readPosition(text) !== undefined);
const positions = z.array(position).max(SEARCH_LIMITS.searchNamespaces);
const moment = z.object({ ms: whole, nanos: whole }).strict();

/** All that the next page needs to know; callers see one opaque text. */
const schema = z
  .object({
    /** Which search it belongs to. */
    search: z.string(),
    from: moment.optional(),
    to: moment.optional(),
    after: positions.optional(),
    /** The snapshot that all pages of the search share: later writes do not move them. */
    upTo: positions,
    /** The last record given out. */
    key: z.object({ ms: whole, nanos: whole, id }).strict().optional(),
    /** Where the scan of blocks stopped, if it ran into a limit. */
    scanned: z.object({ ms: whole, nanos: whole, id: position }).strict().optional(),
    /** Found in the scanned blocks but not given out: a block not yet scanned may have earlier ones. */
    pending: z.array(id).max(SEARCH_LIMITS.pending),
  })
  .strict();

export type Cursor = z.infer<typeof schema>;

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

/**
 * @param search The fingerprint of the search that the cursor is used for.
 * @throws ServiceError NL_CURSOR_INVALID for a text that no page of this search gave out.
 */
export function readCursor(text: string, search: string): Cursor {
  if (text.length > SEARCH_LIMITS.cursorUnits) throw new ServiceError("NL_CURSOR_INVALID");
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch (error) {
    throw new ServiceError("NL_CURSOR_INVALID", undefined, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success || parsed.data.search !== search) throw new ServiceError("NL_CURSOR_INVALID");
  return parsed.data;
}

/** Tells searches apart. Times are not in it: `from=15m` means another instant on each page. */
export function searchFingerprint(
  namespaces: readonly string[],
  filter: Filter,
  order: Order,
): string {
  const text = JSON.stringify([namespaces, filter, order]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}
