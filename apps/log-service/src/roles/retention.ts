import type { Logger } from "pino";

import { HEALTH_LIMITS } from "../limits.ts";
import type { LogStore, RetentionPolicy } from "../store/port.ts";

/** Trims the store at intervals until stopped; a failure is logged and tried again the next time. */
export function startRetention(
  store: LogStore,
  policy: RetentionPolicy,
  logger: Logger,
): { stop: () => Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const run = async () => {
    try {
      const dropped = await store.retain(policy, Date.now());
      if (dropped.blocks > 0) logger.info(dropped, "Retention dropped the oldest blocks");
    } catch (error) {
      logger.warn({ err: error }, "Retention could not run");
    }
  };
  const timer = setInterval(() => {
    running = running.then(run);
  }, HEALTH_LIMITS.retentionMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
