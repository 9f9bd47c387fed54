import type { Socket } from "node:net";
import { STATUS_CODES } from "node:http";

import { ServiceError, type ErrorCode } from "../errors.ts";
import { errorBody } from "./respond.ts";

/** What Node's parser calls the requests that it gave up on. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "NL_HEADERS_TOO_LARGE",
  ERR_HTTP_REQUEST_TIMEOUT: "NL_REQUEST_TIMEOUT",
};

/** Answers a request that never became one: broken HTTP, a flood of headers, a body that dribbles in. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = (error.code === undefined ? undefined : CODES[error.code]) ?? "NL_BAD_REQUEST";
  const known = new ServiceError(code);
  const body = JSON.stringify(errorBody(known));
  socket.end(
    [
      `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status] ?? "Error"}`,
      "content-type: application/json; charset=utf-8",
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
    // Whoever does not read the answer must not hold the connection.
    () => socket.destroy(),
  );
}
