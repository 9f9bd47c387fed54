/**
 * Every error that the log service answers with: its code, its HTTP status and its sentence.
 * A code is part of the API: once published it is never reused for anything else.
 */
interface ErrorEntry {
  readonly status: number;
  readonly message: string;
}

export const ERRORS = {
  // The request as a whole.
  NL_BAD_REQUEST: { status: 400, message: "The request is not valid HTTP for this route" },
  NL_PARAMETER_UNKNOWN: { status: 400, message: "The query parameter is not known" },
  NL_PARAMETER_INVALID: { status: 400, message: "The query parameter's value is not valid" },
  NL_QUERY_INVALID: { status: 400, message: "The query is not valid" },
  NL_FILTER_INVALID: { status: 400, message: "The filter is not valid" },
  NL_QUERY_PIPES: {
    status: 400,
    message: "The query has pipes, which make a table: ask /api/logs/aggregate",
  },
  NL_CURSOR_INVALID: { status: 400, message: "The cursor does not belong to this search" },
  NL_BODY_EMPTY: { status: 400, message: "The body holds no record" },
  NL_BODY_NOT_JSON: { status: 400, message: "The body is not JSON" },
  NL_BODY_NOT_OTLP: { status: 400, message: "The body is no OTLP request for logs" },
  NL_BODY_NOT_BULK: { status: 400, message: "The body is no bulk request" },
  NL_SYSLOG_SENDER: { status: 403, message: "The address may not send syslog here" },
  NL_SYSLOG_TLS: { status: 403, message: "The sender of syslog did not come through TLS" },
  NL_SYSLOG_FRAMING: { status: 400, message: "The connection is not syslog over TCP" },
  NL_BODY_NOT_UTF8: { status: 400, message: "The body is not UTF-8" },
  NL_BODY_ENCODING: { status: 400, message: "The body could not be decompressed" },
  NL_LOKI_PUSH: { status: 400, message: "The body is no push request of Loki" },
  NL_LOKI_EMPTY: {
    status: 422,
    message: "error at least one valid stream is required for ingestion",
  },
  NL_LOGQL_INVALID: { status: 400, message: "The LogQL query cannot be read" },
  NL_LOGQL_LIMIT: { status: 400, message: "The LogQL query asks for too much" },
  NL_LOGQL_PIPELINE: { status: 400, message: "A stage of the LogQL query failed for a line" },
  NL_IDEMPOTENCY_KEY: {
    status: 400,
    message: "Idempotency-Key is 1 to 128 visible ASCII characters",
  },
  NL_BATCH_REJECTED: { status: 400, message: "No record of the batch could be stored" },
  NL_UNAUTHENTICATED: {
    status: 401,
    message: "A valid API key is needed: Authorization: Bearer <key>",
  },
  NL_KEY_EXPIRED: { status: 401, message: "The API key has expired" },
  NL_KEY_REVOKED: { status: 401, message: "The API key was revoked" },
  NL_TOKEN_INVALID: { status: 401, message: "The access token is not valid" },
  NL_FORBIDDEN_ROLE: { status: 403, message: "The API key's role does not allow this" },
  NL_FORBIDDEN_NAMESPACE: { status: 403, message: "The API key does not reach this namespace" },
  NL_FORBIDDEN_ORIGIN: { status: 403, message: "The Host or Origin header is not allowed here" },
  NL_NAMESPACE_LIMIT: { status: 403, message: "The tenant has as many namespaces as it may have" },
  NL_SETTINGS_FULL: { status: 403, message: "There are as many levels and revoked keys as may be" },
  NL_KEY_UNKNOWN: { status: 404, message: "There is no API key of that name with a hash" },
  NL_NOT_FOUND: { status: 404, message: "There is no such route" },
  NL_ID_NOT_FOUND: { status: 404, message: "There is no record with this id, or no longer" },
  NL_METHOD_NOT_ALLOWED: { status: 405, message: "The route does not take this method" },
  NL_REQUEST_TIMEOUT: { status: 408, message: "The request took too long to arrive" },
  NL_BODY_TOO_LARGE: { status: 413, message: "The body is too large" },
  NL_BATCH_TOO_LONG: { status: 413, message: "The batch has too many records" },
  NL_IDEMPOTENCY_MISMATCH: {
    status: 422,
    message: "The idempotency key was used for another batch",
  },
  NL_CONTENT_TYPE: { status: 415, message: "The content type is not supported" },
  NL_CONTENT_ENCODING: { status: 415, message: "The content encoding is not supported" },
  NL_CLEAR_LIMIT: {
    status: 429,
    message: "The namespace has as many clearings under way as it may have",
  },
  NL_RATE_LIMITED: { status: 429, message: "The API key has used up its rate" },
  NL_HEADERS_TOO_LARGE: { status: 431, message: "The request's headers are too large" },
  NL_INTERNAL: { status: 500, message: "The service failed; its log has the reason" },
  NL_ISSUER_UNAVAILABLE: {
    status: 503,
    message: "The keys of the access tokens' issuer cannot be fetched",
  },
  NL_STORE_UNAVAILABLE: { status: 503, message: "The store cannot be reached" },
  NL_STORE_FULL: { status: 503, message: "The store is full" },
  NL_STORE_BUSY: { status: 503, message: "Too many writes are waiting for the store" },
  NL_QUERY_BUSY: { status: 503, message: "Too many questions are being answered" },
  NL_QUERY_FAILED: {
    status: 503,
    message: "The thread that answered the question ended: ask again",
  },
  NL_WORK_FAILED: { status: 503, message: "Merging and retention fail; all else goes on" },
  NL_ARCHIVE_OFF: { status: 409, message: "The tenant has no archive" },
  // 504 and not 503, which clients take for a request to send it again.
  NL_ARCHIVE_UNCERTAIN: {
    status: 504,
    message:
      "The archive did not answer: the batch may have been stored. Look for its records before it is sent again, or send it with an Idempotency-Key",
  },
  NL_ARCHIVE_UNAVAILABLE: { status: 503, message: "The archive cannot be reached" },
  NL_ARCHIVE_POSITION: {
    status: 503,
    message: "The archive's position is not where it was: another process moved on",
  },
  NL_MCP_CONNECTIONS: { status: 503, message: "Too many MCP connections are open" },
  NL_FOLLOW_LIMIT: { status: 503, message: "Too many follow the logs at once" },
  NL_DRAINING: { status: 503, message: "The service is shutting down" },

  // One record of a batch: reported with its index, its neighbours are stored.
  NL_RECORD_NOT_UTF8: { status: 400, message: "The record is not UTF-8" },
  NL_RECORD_NOT_JSON: { status: 400, message: "The record is not JSON" },
  NL_RECORD_NOT_PROTOBUF: { status: 400, message: "The record is not valid protobuf" },
  NL_RECORD_ACTION: { status: 400, message: "The bulk action is not supported" },
  NL_RECORD_NOT_AN_OBJECT: { status: 400, message: "The record is not a JSON object" },
  NL_RECORD_DUPLICATE_KEY: { status: 400, message: "The record names a key twice" },
  NL_RECORD_FORBIDDEN_KEY: { status: 400, message: "The record has a key that is not allowed" },
  NL_RECORD_UNKNOWN_FIELD: { status: 400, message: "The record has a field that is not known" },
  NL_RECORD_MISSING_FIELD: { status: 400, message: "The record lacks a field" },
  NL_RECORD_FIELD_TYPE: { status: 400, message: "The record's field has the wrong type" },
  NL_RECORD_FIELD_VALUE: {
    status: 400,
    message: "The record's field has a value that is not valid",
  },
  NL_RECORD_TIMESTAMP: { status: 400, message: "The record's timestamp cannot be read" },
  NL_RECORD_LEVEL: { status: 400, message: "The record's level is not known" },
  NL_RECORD_NAMESPACE: { status: 400, message: "The record's namespace is not valid" },
  NL_RECORD_NAMESPACE_FORBIDDEN: {
    status: 403,
    message: "The API key does not reach the record's namespace",
  },
  NL_RECORD_TOO_LARGE: { status: 413, message: "The record is too large" },
  NL_RECORD_TOO_DEEP: { status: 400, message: "The record is nested too deeply" },

  // Starting the process.
  NL_CONFIG: { status: 500, message: "The configuration is not valid" },
  NL_PORT_BUSY: { status: 500, message: "The port is taken" },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorOptions {
  /** Facts for the caller's program; goes out as `error.details`. Never a secret, never log text. */
  readonly details?: unknown;
  /** Sent as `Retry-After`, in whole seconds. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error with a code of the registry; its message may go out to callers as it stands. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: unknown;
  readonly retryAfterSeconds: number | undefined;

  /** @param detail Replaces the registry's sentence where there is more to say. */
  constructor(code: ErrorCode, detail?: string, options: ErrorOptions = {}) {
    super(
      detail ?? ERRORS[code].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.status = ERRORS[code].status;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** An error in one sentence, with what the store or the database said. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
