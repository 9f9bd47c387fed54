import { readRetryAfter } from "../../shared/retry-after.ts";
import { DELIVERY_LIMITS } from "../limits.ts";

/** What a `Retry-After` asks for in milliseconds, at most as long as is believed. */
export function retryAfter(header: string | undefined): number | undefined {
  const ms = readRetryAfter(header);
  return ms === undefined ? undefined : Math.min(DELIVERY_LIMITS.mostRetryAfterMs, ms);
}
