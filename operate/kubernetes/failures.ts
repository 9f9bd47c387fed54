import { failure, OperateError } from "../errors.ts";
import { textAt } from "../../tools/values.ts";

/** What a request was about, for words that name it. */
export type Asked = {
  /** As RBAC has it: get, list, watch, create, patch, delete. */
  verb: string;
  /** Like `pods in namespace tenant-acme`. */
  what: string;
};

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at this address",
  ENOTFOUND: "this name has no address",
  EAI_AGAIN: "names cannot be looked up right now",
  EHOSTUNREACH: "no route leads to it",
  ENETUNREACH: "no route leads to it",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ETIMEDOUT: "it does not answer",
};

const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it signed itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its authority is not in the kubeconfig",
  UNABLE_TO_GET_ISSUER_CERT: "its authority is not in the kubeconfig",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its authority is not in the kubeconfig",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its authority is not in the kubeconfig",
  CERT_SIGNATURE_FAILURE: "its signature is wrong",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for another name",
};

/** A request that got no answer, in words. */
export function connectionFailure(server: string, error: unknown): OperateError {
  if (error instanceof OperateError) return error;
  const code = codeOf(error);
  const untrusted = UNTRUSTED[code];
  if (untrusted !== undefined) {
    return failure("certificate-not-trusted", { server, reason: untrusted }, error);
  }
  const reason = UNREACHABLE[code];
  if (reason !== undefined) return failure("server-down", { server, reason }, error);
  const words = error instanceof Error ? error.message : String(error);
  if (/socket hang up|aborted/i.test(words)) {
    return failure("server-down", { server, reason: "the connection was cut" }, error);
  }
  return failure("protocol-failed", { server, reason: words.split("\n")[0] ?? "" }, error);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/**
 * An answer that is no success, in words.
 * @param status of HTTP
 * @param body   as it was parsed; the API server sends an object of kind Status
 */
export function answerFailure(
  status: number,
  body: unknown,
  asked: Asked,
  user: string,
): OperateError {
  const { verb, what } = asked;
  const reason = textAt(body, "message") ?? "it gave no reason";
  const named = textAt(body, "details", "name") !== undefined;
  switch (status) {
    case 401:
      return failure("unauthorized", { user });
    case 403:
      return failure("forbidden", { verb, what, reason });
    case 404:
      // Without the name of an object it is the whole path that is unknown.
      return named ? failure("not-found", { what }) : failure("kind-missing", { what });
    case 409:
      return failure("conflict", { what, reason });
    case 410:
      return failure(verb === "watch" ? "watch-expired" : "list-expired", { what });
    default:
      return status >= 500 || status === 429
        ? failure("server-failed", { what, status, reason })
        : failure("refused", { what, reason });
  }
}
