import { ServiceError } from "../../errors.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { clockOf } from "../fields/read-fields.ts";
import { nextLine } from "../json/next-line.ts";
import { Turn } from "../turn.ts";
import { readAction, type Action } from "./action.ts";
import { readDocument } from "./read-document.ts";

export interface Bulk {
  readonly batch: Batch;
  /** The action of each place in the batch. */
  readonly actions: readonly Action[];
}

/**
 * A bulk request: an action line, then the document that it is about. A document that cannot be
 * taken costs its own place only.
 * @param index The index that the path names, or "".
 * @throws ServiceError when a line is no action, where there is one too many, or too many documents.
 */
export async function readBulk(
  bytes: Buffer,
  index: string,
  context: NormalizeContext,
): Promise<Bulk> {
  const batch = new BatchBuilder();
  const actions: Action[] = [];
  const clock = clockOf(context);
  const turn = new Turn();
  let at = 0;
  const next = (): readonly [number, number] | undefined => {
    const line = nextLine(bytes, at);
    at = line?.[1] ?? bytes.length;
    return line;
  };
  // Agents send the same action line before each document.
  let known: { readonly line: Buffer; readonly action: Action } | undefined;
  for (let about = next(); about !== undefined; about = next()) {
    checkRoom(batch);
    const [start, end] = about;
    const text = bytes.subarray(start, end);
    if (known === undefined || !known.line.equals(text)) {
      known = { line: text, action: readAction(bytes, start, end, index) };
    }
    const { action } = known;
    actions.push(action);
    const document = action.name === "delete" ? undefined : next();
    if (action.name !== "delete" && document === undefined) {
      throw new ServiceError("NL_BODY_NOT_BULK", "The last action has no document");
    }
    const stored = action.name === "create" || action.name === "index";
    const outcome: PreparedRecord | Rejection =
      stored && document !== undefined
        ? readDocument(bytes, document[0], document[1], action.index, context, clock)
        : { code: "NL_RECORD_ACTION", message: `records are never changed: no ${action.name}` };
    batch.add(outcome);
    if (turn.isOver()) await turn.next();
  }
  if (batch.size === 0) throw new ServiceError("NL_BODY_EMPTY", "The request has no action");
  return { batch, actions };
}
