import { mayHaveToken } from "../../block/token-filter.ts";

/** Which tokens a block's messages must have for any of them to match. */
export type TokenNeed =
  /** Nothing can be told. */
  | { readonly kind: "none" }
  /** As `tokensOf` cuts them; ASCII alone. */
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "all"; readonly of: readonly TokenNeed[] }
  | { readonly kind: "any"; readonly of: readonly TokenNeed[] };

export const NO_NEED: TokenNeed = { kind: "none" };

/**
 * False only if no record of the block matches.
 * @param filter The block's token filter; undefined for a block without one.
 */
export function mayHold(need: TokenNeed, filter: Uint8Array | undefined): boolean {
  if (filter === undefined) return true;
  switch (need.kind) {
    case "none":
      return true;
    case "token":
      return mayHaveToken(filter, need.token);
    case "all":
      for (const part of need.of) if (!mayHold(part, filter)) return false;
      return true;
    case "any":
      for (const part of need.of) if (mayHold(part, filter)) return true;
      return false;
  }
}

export function needAll(parts: readonly TokenNeed[]): TokenNeed {
  const of = parts.filter(({ kind }) => kind !== "none");
  const [only] = of;
  if (only === undefined) return NO_NEED;
  return of.length === 1 ? only : { kind: "all", of };
}

/** One alternative of which nothing can be told leaves nothing to tell of them all. */
export function needAny(parts: readonly TokenNeed[]): TokenNeed {
  const [only] = parts;
  if (only === undefined || parts.some(({ kind }) => kind === "none")) return NO_NEED;
  return parts.length === 1 ? only : { kind: "any", of: parts };
}
