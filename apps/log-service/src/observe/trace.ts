import { AsyncLocalStorage } from "node:async_hooks";

import { readTraceparent } from "@neurallog/client/shared";

import { RECORD_LIMITS } from "../limits.ts";

/** What a request belongs to, across programs. */
export interface Trace {
  /** The trace's id as it was given: 32 hexadecimal digits, a UUID, or what another system has. */
  readonly id: string;
  /** The W3C header that came with it, to be passed on as it is. */
  readonly traceparent?: string | undefined;
  /**
   * Whether records of the request that name no trace get this one: the sender named it for the request
   * itself. A `traceparent` is often that of the shipper's own work, and has nothing to do with what it ships.
   */
  readonly stamps: boolean;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Visible ASCII: nothing that ends a header or a line, and nothing that two senders' proxies joined with ", ". */
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * Of a request's headers: `X-Trace-ID` says it outright, `traceparent` as part of more. What is not valid
 * counts as not there: no batch of records is lost for the sake of its trace.
 */
export function traceOfHeaders(headers: Headers): Trace | undefined {
  const named = headers["x-trace-id"];
  const given = headers["traceparent"];
  if (named === undefined && given === undefined) return undefined;
  const parent = readTraceparent(given)?.traceId;
  const traceparent = parent === undefined ? undefined : String(given);
  if (typeof named === "string" && isTraceId(named))
    return { id: named, traceparent, stamps: true };
  return parent === undefined ? undefined : { id: parent, traceparent, stamps: false };
}

function isTraceId(text: string): boolean {
  return text.length <= RECORD_LIMITS.traceIdUnits && VISIBLE.test(text);
}

const current = new AsyncLocalStorage<Trace>();

/** Does something for a request of this trace: what is logged and audited until it ends carries its id. */
export function inTrace<T>(trace: Trace | undefined, work: () => T): T {
  return trace === undefined ? work() : current.run(trace, work);
}

/** The trace of the request that is being answered. */
export function currentTrace(): Trace | undefined {
  return current.getStore();
}

/** The same as a log line of the service has it. */
export function traceField(): { readonly trace_id?: string } {
  const id = current.getStore()?.id;
  return id === undefined ? {} : { trace_id: id };
}
