import type { Socket } from "node:net";

import { ServiceError, type ErrorCode } from "../errors.ts";
import { errorBody } from "./respond.ts";
import { statusText } from "./status-text.ts";

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
      `HTTP/1.1 ${known.status} ${statusText(known.status)}`,
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
