import { AsyncLocalStorage } from "node:async_hooks";

import { readTraceparent } from "../shared/traceparent.ts";
import { NO_TRACE, type TraceIds } from "./encode/encoder.ts";
import { RECORD_LIMITS } from "./limits.ts";

// One for the whole process, whoever loads this module and however often: a trace that one copy
// entered is seen by the loggers of the other.
const SHARED = Symbol.for("neurallog.trace.1");

function shared(): AsyncLocalStorage<TraceIds> {
  const found: unknown = Reflect.get(globalThis, SHARED);
  if (found instanceof AsyncLocalStorage) return found;
  const storage = new AsyncLocalStorage<TraceIds>();
  Object.defineProperty(globalThis, SHARED, { value: storage });
  return storage;
}

const storage = shared();

/** A trace by its ids, as a relay has them that reads `X-Trace-ID`. */
export interface GivenTrace {
  /** 1 to 128 characters. */
  readonly traceId: string;
  readonly spanId?: string | undefined;
}

/**
 * Runs a function, and all that it starts, inside a trace: what is logged there without a trace id of
 * its own gets this one.
 * @param trace A W3C `traceparent`, or ids. What is neither changes nothing.
 */
export function runWithTrace<T>(trace: string | GivenTrace | null | undefined, run: () => T): T {
  const ids = typeof trace === "string" ? readTraceparent(trace.trim()) : readGiven(trace);
  return ids === undefined ? run() : storage.run(ids, run);
}

/** Also of what its type does not allow: whatever a request had in its header. */
function readGiven(given: unknown): TraceIds | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  try {
    const { traceId, spanId = "" }: { traceId?: unknown; spanId?: unknown } = given;
    if (!isId(traceId) || traceId === "") return undefined;
    return { traceId, spanId: isId(spanId) ? spanId : "" };
  } catch {
    return undefined;
  }
}

function isId(id: unknown): id is string {
  return typeof id === "string" && id.length <= RECORD_LIMITS.idUnits;
}

// Where every version 1 of @opentelemetry/api registers itself, and its key of the active span: it is
// found where the application has it, without an import that fails where it does not.
const OPEN_TELEMETRY = Symbol.for("opentelemetry.js.api.1");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

interface Api {
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}

function isApi(value: unknown): value is Api {
  return typeof value === "object" && value !== null;
}

/** The trace that is active where it is called; never an invented one. */
export function activeTrace(): TraceIds {
  const own = storage.getStore();
  if (own !== undefined) return own;
  const api: unknown = Reflect.get(globalThis, OPEN_TELEMETRY);
  return api === undefined ? NO_TRACE : activeSpan(api);
}

function activeSpan(api: unknown): TraceIds {
  if (!isApi(api)) return NO_TRACE;
  const span = api.context?.active().getValue(SPAN);
  if (!hasContext(span)) return NO_TRACE;
  const { traceId, spanId } = span.spanContext();
  const isValid = /^(?!0+$)[0-9a-f]{32}$/.test(traceId) && /^(?!0+$)[0-9a-f]{16}$/.test(spanId);
  return isValid ? { traceId, spanId } : NO_TRACE;
}

function hasContext(span: unknown): span is { spanContext(): TraceIds } {
  return typeof span === "object" && span !== null && "spanContext" in span;
}
