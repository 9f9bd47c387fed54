import { DELIVERY_LIMITS } from "../limits.ts";

/** Seconds or a date, at most as long as is believed. */
export function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1_000;
  return Number.isNaN(ms) ? undefined : Math.min(DELIVERY_LIMITS.mostRetryAfterMs, Math.max(0, ms));
}
