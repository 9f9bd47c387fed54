import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { readTraceparent } from "@neurallog/client/shared";

import { currentTrace, traceOfHeaders, type Trace } from "../observe/trace.ts";

/** Of a call's `_meta`, where the specification keeps `traceparent`. What is not valid counts as not there. */
export function traceOfMeta(meta: unknown): Trace | undefined {
  if (typeof meta !== "object" || meta === null || !("traceparent" in meta)) return undefined;
  const { traceparent } = meta;
  const id = readTraceparent(traceparent)?.traceId;
  return id === undefined ? undefined : { id, traceparent: String(traceparent), stamps: true };
}

/**
 * Of the headers of an MCP request or upgrade, or what a relay gave the request. As everywhere, only
 * `X-Trace-ID` names records: a `traceparent` may be a proxy's, and that of an upgrade is one for all that
 * the connection will ever log.
 */
export function traceOfRequest(headers: IncomingHttpHeaders): Trace | undefined {
  return traceOfHeaders(headers) ?? currentTrace();
}

/**
 * Headers that carry a trace on. A relay gives a call that has none an id of its own, in
 * `traceparent` alone: it joins what the services log of the call, and is never taken for the trace
 * of the records that the call stores.
 */
export function traceHeaders(trace: Trace | undefined): Readonly<Record<string, string>> {
  if (trace === undefined) return { traceparent: mintTraceparent() };
  const { id, traceparent, stamps } = trace;
  return {
    ...(stamps ? { "x-trace-id": id } : {}),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** A UUID v4 is a valid W3C trace id once its dashes are gone. */
function mintTraceparent(): string {
  return `00-${randomUUID().replaceAll("-", "")}-${randomBytes(8).toString("hex")}-00`;
}
