import type { FastifyReply } from "fastify";

import type { ErrorCode, ServiceError } from "../../errors.ts";
import type { Bulk } from "../../ingest/elasticsearch/read-bulk.ts";
import { Turn } from "../../ingest/turn.ts";
import type { WriteOutcome } from "../../operations/write.ts";
import { errorHead } from "../respond.ts";

/** What Elasticsearch calls errors, by their status there; agents decide by the status, people read this. */
const TYPES: Readonly<Record<number, string>> = {
  400: "illegal_argument_exception",
  401: "security_exception",
  403: "security_exception",
  404: "resource_not_found_exception",
  405: "illegal_argument_exception",
  408: "timeout_exception",
  413: "content_too_long_exception",
  415: "illegal_argument_exception",
  429: "es_rejected_execution_exception",
};

/** The store is there and cannot keep up: every agent waits and tries again after 429. */
const OVERLOAD: readonly ErrorCode[] = ["NL_STORE_BUSY", "NL_STORE_FULL"];

export function sendError(reply: FastifyReply, error: ServiceError): FastifyReply {
  const status = OVERLOAD.includes(error.code) ? 429 : error.status;
  const cause = { type: TYPES[status] ?? "exception", reason: `${error.message} (${error.code})` };
  return errorHead(reply, error)
    .code(status)
    .type("application/json")
    .send({ error: { root_cause: [cause], ...cause }, status });
}

/**
 * The reply to a bulk request, as compact JSON: agents look for `"errors":` in the text. Made item by
 * item, since fifty thousand of them at once would hold the process up.
 */
export async function bulkReply(
  { actions }: Bulk,
  outcome: WriteOutcome,
  tookMs: number,
): Promise<string> {
  const rejected = new Map(outcome.rejected.map((rejection) => [rejection.index, rejection]));
  const items: string[] = [];
  const turn = new Turn();
  for (const [place, { name, index, id }] of actions.entries()) {
    const rejection = rejected.get(place);
    const about = `"_index":${JSON.stringify(index)},"_id":${JSON.stringify(id ?? outcome.ids[place] ?? null)}`;
    if (rejection === undefined) {
      items.push(
        `{"${name}":{${about},"_version":1,"result":"created","_shards":{"total":1,"successful":1,"failed":0},"status":201}}`,
      );
    } else {
      const status = rejection.code === "NL_RECORD_NAMESPACE_FORBIDDEN" ? 403 : 400;
      const type = status === 403 ? "security_exception" : "document_parsing_exception";
      const error = { type, reason: `${rejection.message} (${rejection.code})` };
      items.push(`{"${name}":{${about},"status":${status},"error":${JSON.stringify(error)}}}`);
    }
    if (turn.isOver()) await turn.next();
  }
  const took = Math.round(tookMs);
  return `{"took":${took},"errors":${outcome.rejected.length > 0},"items":[${items.join(",")}]}`;
}
