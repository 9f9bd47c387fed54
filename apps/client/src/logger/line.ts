import type { Bound, Encoder, TraceIds } from "./encode/encoder.ts";
import { quote } from "./encode/quote.ts";
import { LEVELS } from "../shared/levels.ts";

/** The part of a line between time and message, for each level of a component: the same in each call. */
export function headsOf(component: string): string[] {
  return LEVELS.map((level) => `,"level":"${level}","component":${quote(component)},"message":`);
}

// What `logger_log` takes: a UUID, or the 32 digits of W3C.
const STRICT_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?!0{32})[0-9a-f]{32})$/i;

export interface LineOptions {
  readonly encoder: Encoder;
  /** The trace where neither call nor bindings have one. */
  readonly activeTrace: () => TraceIds;
  /** For MCP's log tool: trace ids in other forms than its own go among the data. */
  readonly isStrict: boolean;
}

/** Writes records as lines of JSON: `{"timestamp":<13 digits>,"level":…`, read from there by the MCP transport. */
export class LineWriter {
  readonly #encoder: Encoder;
  readonly #activeTrace: () => TraceIds;
  readonly #isStrict: boolean;

  constructor({ encoder, activeTrace, isStrict }: LineOptions) {
    this.#encoder = encoder;
    this.#activeTrace = activeTrace;
    this.#isStrict = isStrict;
  }

  line(head: string, message: unknown, fields: unknown, bound: Bound, timeMs: number): string {
    const encoder = this.#encoder;
    // Before the message: what a getter of the fields logs must not come between.
    let data = encoder.fields(fields, bound);
    let { traceId, spanId } = encoder;
    if (traceId === "") {
      const around = bound.traceId === "" ? this.#activeTrace() : bound;
      traceId = around.traceId;
      if (spanId === "") spanId = around.spanId === "" ? bound.spanId : around.spanId;
    }
    let ids = "";
    if (traceId !== "") {
      const isTaken = !this.#isStrict || STRICT_ID.test(traceId);
      const member = `"trace_id":${quote(traceId)}`;
      if (isTaken) ids = `,${member}`;
      else data = data === "" ? member : `${data},${member}`;
    }
    if (spanId !== "") ids += `,"span_id":${quote(spanId)}`;
    const text = encoder.message(message);
    const start = `{"timestamp":${timeMs}${head}${text}${ids}`;
    return data === "" ? `${start}}` : `${start},"data":{${data}}}`;
  }
}
