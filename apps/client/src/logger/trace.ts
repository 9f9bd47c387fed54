import { AsyncLocalStorage } from "node:async_hooks";

import { NO_TRACE, type TraceIds } from "./encode/encoder.ts";

/** `00-<32 digits>-<16 digits>-<flags>`, also of later versions, which may go on after the flags. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/;

/** @returns undefined for what is no W3C `traceparent`, or one of zeros */
export function readTraceparent(text: string): TraceIds | undefined {
  if (text.length > 256) return undefined;
  const [, traceId = "", spanId = ""] = TRACEPARENT.exec(text.trim().toLowerCase()) ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  return { traceId, spanId };
}

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

/**
 * Runs a function, and all that it starts, inside a trace: what is logged there without a trace id of
 * its own gets this one. A text that is no `traceparent` changes nothing.
 */
export function runWithTrace<T>(traceparent: string | undefined, run: () => T): T {
  const ids = typeof traceparent === "string" ? readTraceparent(traceparent) : undefined;
  return ids === undefined ? run() : storage.run(ids, run);
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
