import type { FastifyReply } from "fastify";

import type { ServiceError } from "../errors.ts";
import { loadMessages } from "../ingest/otlp/messages.ts";
import type { WriteOutcome } from "../operations/write.ts";
import { errorHead } from "./respond.ts";

export type Encoding = "protobuf" | "json";

/** gRPC's codes for HTTP's, which OTLP's errors carry; what is not listed is INTERNAL. */
const GRPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  408: 4,
  413: 3,
  415: 3,
  429: 8,
  503: 14,
};
const GRPC_INTERNAL = 13;

/**
 * Answers that a request was taken. Nothing is said of partial success when all was: even an empty
 * message reads as failure to some collectors.
 */
export async function sendTaken(
  reply: FastifyReply,
  encoding: Encoding,
  outcome: Pick<WriteOutcome, "rejected">,
): Promise<FastifyReply> {
  const count = outcome.rejected.length;
  if (encoding === "json") {
    const partialSuccess = { rejectedLogRecords: String(count), errorMessage: summary(outcome) };
    return reply.type("application/json").send(count === 0 ? {} : { partialSuccess });
  }
  const { ExportLogsServiceResponse } = await loadMessages();
  const message =
    count === 0
      ? {}
      : { partialSuccess: { rejectedLogRecords: count, errorMessage: summary(outcome) } };
  return sendProtobuf(reply, ExportLogsServiceResponse.encode(message).finish());
}

/** Answers an error with a `Status`, in the request's own encoding. */
export async function sendStatus(
  reply: FastifyReply,
  encoding: Encoding,
  error: ServiceError,
  message: string = error.message,
): Promise<FastifyReply> {
  const status = { code: GRPC_CODES[error.status] ?? GRPC_INTERNAL, message };
  void errorHead(reply, error);
  if (encoding === "json") return reply.type("application/json").send(status);
  const { Status } = await loadMessages();
  return sendProtobuf(reply, Status.encode(status).finish());
}

/** How many records were rejected, and why the first of them was. */
export function summary({ rejected }: Pick<WriteOutcome, "rejected">): string {
  const [first] = rejected;
  if (first === undefined) return "";
  const others = rejected.length === 1 ? "" : `, and ${rejected.length - 1} more`;
  return `record ${first.index}: ${first.message} (${first.code})${others}`;
}

function sendProtobuf(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply.type("application/x-protobuf").send(Buffer.from(bytes));
}
