import type { Clock } from "@neurallog/formats";

import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { readInstant } from "../../record/time.ts";
import { parseFields, readFields } from "../fields/read-fields.ts";
import { orRejection, RecordProblem } from "../record-problem.ts";

/** A document, with the index that it was meant for as `_index` of its metadata. */
export function readDocument(
  bytes: Buffer,
  start: number,
  end: number,
  index: string,
  context: NormalizeContext,
  clock: Clock,
): PreparedRecord | Rejection {
  return orRejection(() => {
    const fields = parseFields(bytes, start, end);
    checkTime(fields["@timestamp"]);
    const named =
      index === "" || Object.hasOwn(fields, "_index") ? fields : { ...fields, _index: index };
    const record = readFields(named, bytes.toString("utf8", start, end), context, clock);
    if ("code" in record) throw new RecordProblem(record.code, record.message);
    return record;
  });
}

/**
 * Other times that cannot be read stay in the metadata as they are. This one is what documents are
 * found by: Elasticsearch refuses a document for it, and so do we.
 */
function checkTime(value: unknown): void {
  if (value === undefined || value === null) return;
  const instant = readInstant(value);
  // Without a zone it is UTC, which the reading of fields knows.
  if (instant === "offset" || typeof instant !== "string") return;
  throw new RecordProblem(
    "NL_RECORD_TIMESTAMP",
    "@timestamp is no instant between 1970 and 2262 in RFC 3339 or as an epoch",
  );
}
