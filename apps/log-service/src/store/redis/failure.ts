import { DamagedBlockError } from "../../block/bytes.ts";
import { ServiceError } from "../../errors.ts";

/** What a failed command means: whether the same command may be sent again, and what to tell callers. */
export interface Failure {
  /** The connection or the server had a passing trouble; the command may or may not have run. */
  readonly passing: boolean;
  readonly error: ServiceError;
}

/** Replies of a server that is starting, failing over or busy. */
const PASSING = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|MOVED|ASK) /;

export function failureOf(error: unknown): Failure {
  if (error instanceof ServiceError) return { passing: false, error };
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name !== "ReplyError") return { passing: true, error: unavailable(error) };
  if (message.startsWith("OOM ")) {
    return {
      passing: false,
      error: new ServiceError("NL_STORE_FULL", undefined, { retryAfterSeconds: 10, cause: error }),
    };
  }
  if (message.startsWith("REUSED ")) {
    return {
      passing: false,
      error: new ServiceError("NL_IDEMPOTENCY_MISMATCH", undefined, { cause: error }),
    };
  }
  if (message.startsWith("NAMESPACES ")) {
    return {
      passing: false,
      error: new ServiceError("NL_NAMESPACE_LIMIT", undefined, { cause: error }),
    };
  }
  return { passing: PASSING.test(message), error: unavailable(error) };
}

/** Whether a commit was refused, with nothing written, as the server has forgotten its lane. */
export function isForgotten(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return cause instanceof Error && cause.message.startsWith("FORGOTTEN ");
}

export function unavailable(cause?: unknown): ServiceError {
  return new ServiceError("NL_STORE_UNAVAILABLE", undefined, { retryAfterSeconds: 2, cause });
}

/** Turns what a driver call throws into what the port promises; damage stays what it is. */
export async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DamagedBlockError) throw error;
    throw failureOf(error).error;
  }
}
