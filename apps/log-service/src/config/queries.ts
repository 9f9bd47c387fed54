import { z } from "zod";

import { ENGINE_LIMITS } from "../limits.ts";
import { wholeNumber, withDefault } from "./fields.ts";

export const queryFields = {
  NEURALLOG_SLOW_QUERY_MS: withDefault(wholeNumber(0, 3_600_000), String(ENGINE_LIMITS.slowMs)),
  NEURALLOG_LOG_QUERY_TEXT: withDefault(z.enum(["enabled", "disabled"]), "disabled"),
};

/** Which questions are logged as slow, and whether with their text, which may hold what people look for. */
export interface QuerySettings {
  readonly slowMs: number;
  readonly logText: boolean;
}

export function queryConfig(values: {
  readonly NEURALLOG_SLOW_QUERY_MS: number;
  readonly NEURALLOG_LOG_QUERY_TEXT: "enabled" | "disabled";
}): QuerySettings {
  return {
    slowMs: values.NEURALLOG_SLOW_QUERY_MS,
    logText: values.NEURALLOG_LOG_QUERY_TEXT === "enabled",
  };
}
