import { RECORD_LIMITS } from "../limits.ts";

/** Of Loki's interface, by which its readers choose what to ask. */
export const SPOKEN_VERSION = "3.5.0";

/** Labels that every stream has, or that mean something of their own. */
export const SERVICE = "service_name";
export const UNKNOWN_SERVICE = "unknown_service";
export const LEVEL = "level";
/** In the structured metadata of every line: Loki finds it out, here a record has it. */
export const DETECTED_LEVEL = "detected_level";
/** What Loki calls a result's tenant when several are asked. */
export const TENANT = "__tenant_id__";
/** What went wrong with a line, and how. */
export const ERROR_LABELS = ["__error__", "__error_details__"] as const;
/** Ids that a record has a field of its own for, and how long they may be there. */
export const ID_UNITS: ReadonlyMap<string, number> = new Map([
  ["trace_id", RECORD_LIMITS.traceIdUnits],
  ["span_id", RECORD_LIMITS.spanIdUnits],
]);
