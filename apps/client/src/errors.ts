/** Errors of the client itself; an error that the service answered keeps the service's own code. */
export type ClientErrorCode =
  | "NLC_UNREACHABLE"
  | "NLC_TIMEOUT"
  | "NLC_ABORTED"
  | "NLC_NOT_NEURALLOG"
  | "NLC_CUT"
  | "NLC_BAD_OPTION"
  | "NLC_REJECTED"
  | "NLC_FAILED";

/** Everything that a call throws. */
export class NeuralLogError extends Error {
  override readonly name: string = "NeuralLogError";
  /** A `NLC_` code of this client, or the service's `NL_` code. */
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** No answer: nobody listens, the connection broke, or it took too long. A write may have been stored. */
export class ConnectionError extends NeuralLogError {
  override readonly name = "ConnectionError";
  declare readonly code: ClientErrorCode;

  /** True when there was no connection at all: nothing was sent, so nothing was stored. */
  get refused(): boolean {
    for (let cause = this.cause; cause instanceof Error; cause = cause.cause) {
      if ("code" in cause && NEVER_CONNECTED.test(String(cause.code))) return true;
      // What fetch says of ports that browsers may not reach, without a code.
      if (cause.message === "bad port") return true;
    }
    return false;
  }
}

const NEVER_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|ERR_SSL_.*|UNABLE_TO_.*|.*CERT.*)$/;

/** The service answered with an error. */
export class ResponseError extends NeuralLogError {
  override readonly name = "ResponseError";
  readonly status: number;
  readonly details: unknown;
  /** How long the service asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    rest: { readonly details?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(code, message);
    this.status = status;
    this.details = rest.details;
    this.retryAfterMs = rest.retryAfterMs;
  }

  /** True when the same request can succeed later: too fast (429), or the service cannot store now (503). */
  get retryable(): boolean {
    return this.status === 429 || this.status === 503;
  }
}

/** Whether it may be over the next time: no answer, too fast, or a service that fails for now. */
export function isPassing(error: unknown): error is NeuralLogError {
  if (error instanceof ResponseError) return error.retryable || error.status >= 500;
  return error instanceof ConnectionError;
}
