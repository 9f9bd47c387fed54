import { ServiceError } from "../errors.ts";

/** Visible ASCII, as other services take it; a digest of it is what the store keeps. */
const KEY = /^[!-~]{1,128}$/;

/**
 * The `Idempotency-Key` header's value: a batch sent again with it is stored once.
 * @throws ServiceError NL_IDEMPOTENCY_KEY for a value that is no key.
 */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && KEY.test(header)) return header;
  throw new ServiceError("NL_IDEMPOTENCY_KEY");
}
