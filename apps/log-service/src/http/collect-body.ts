import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

import { ServiceError } from "../errors.ts";
import { INGEST_LIMITS } from "../limits.ts";
import type { BodyMemory } from "./body-memory.ts";

type Done = (error: Error | null, body?: Buffer) => void;

/**
 * Reads a request's body into one buffer: of a body that says how long it is, each piece goes to its
 * place at once, in memory that is used again.
 */
export function collectBody(
  payload: Readable,
  headers: IncomingHttpHeaders,
  memory: BodyMemory,
  done: Done,
): void {
  const announced = headers["content-length"];
  const length = announced === undefined ? undefined : Number(announced);
  if (length !== undefined && length > INGEST_LIMITS.bodyBytes) {
    done(new ServiceError("NL_BODY_TOO_LARGE"));
    return;
  }
  const body = length === undefined ? undefined : memory.take(length);
  const pieces: Buffer[] = [];
  let received = 0;
  const finish = (error: Error | null): void => {
    payload.off("data", take).off("end", end).off("error", fail);
    if (error !== null) done(error);
    else done(null, body ?? Buffer.concat(pieces, received));
  };
  const take = (piece: Buffer): void => {
    const most = length ?? INGEST_LIMITS.bodyBytes;
    if (received + piece.length > most) {
      finish(new ServiceError(length === undefined ? "NL_BODY_TOO_LARGE" : "NL_BAD_REQUEST"));
      return;
    }
    if (body === undefined) pieces.push(piece);
    else body.set(piece, received);
    received += piece.length;
  };
  const end = (): void => {
    if (length === undefined || received === length) finish(null);
    else finish(new ServiceError("NL_BAD_REQUEST", "The body's length is not the Content-Length"));
  };
  const fail = (cause: Error): void =>
    finish(new ServiceError("NL_BAD_REQUEST", "The body did not arrive in full", { cause }));
  payload.on("data", take).on("end", end).on("error", fail);
  payload.resume();
}
