import { type ErrorEntry, fillMessage, type MessageValues } from "../tools/message.ts";

/**
 * Every error that the commands about a live cluster report. A code is the name by which scripts and
 * people find it again: once published it is never reused for another one. Exit code 2 means that a
 * question has no answer; 1 that the answer is bad.
 */
const entries = {
  // Usage.
  usage: { exit: 2, message: "{reason}" },
  "unknown-tenant": { exit: 2, message: "there is no tenant '{tenant}' {where}" },
  "other-cluster": {
    exit: 2,
    message:
      "Argo CD on {server} follows overlays/{found}, not overlays/{cluster}: is this the right --context?",
  },
  "unknown-cluster": { exit: 2, message: "there is no overlays/{cluster}/{file}" },

  // The way to the API server.
  "no-kubeconfig": {
    exit: 2,
    message:
      "no kubeconfig: {tried}; name one with --kubeconfig, or in the environment's KUBECONFIG",
  },
  "kubeconfig-unreadable": { exit: 2, message: "kubeconfig {file} cannot be read: {reason}" },
  "unknown-context": {
    exit: 2,
    message: "the kubeconfig has no context '{context}'; it has {contexts}",
  },
  "no-context": {
    exit: 2,
    message: "the kubeconfig has no current-context; choose with --context: {contexts}",
  },
  "context-incomplete": { exit: 2, message: "context '{context}' {reason}" },
  "credentials-failed": {
    exit: 2,
    message: "the kubeconfig's user '{user}' gives no credentials: {reason}",
  },
  "server-down": {
    exit: 2,
    message: "the API server {server} cannot be reached: {reason}",
  },
  "server-slow": {
    exit: 2,
    message: "the API server {server} did not answer {what} within {seconds} s",
  },
  "certificate-not-trusted": {
    exit: 2,
    message:
      "the certificate of {server} is not trusted: {reason}; is this the right cluster, and has the kubeconfig its authority?",
  },
  "protocol-failed": { exit: 2, message: "{server} does not speak as an API server: {reason}" },

  // What the API server answered.
  unauthorized: {
    exit: 2,
    message:
      "the API server does not know this user (401): the credentials of '{user}' have expired, or are another cluster's",
  },
  forbidden: { exit: 2, message: "you may not {verb} {what}: {reason}" },
  "kind-missing": {
    exit: 2,
    message: "this cluster does not serve {what}: its CRD is not installed, or not in this version",
  },
  "not-found": { exit: 2, message: "there is no {what}" },
  conflict: { exit: 2, message: "{what} is not as expected: {reason}" },
  refused: { exit: 2, message: "the API server refused {what}: {reason}" },
  "server-failed": { exit: 2, message: "the API server failed on {what} ({status}): {reason}" },
  "answer-unreadable": {
    exit: 2,
    message: "the answer to {what} cannot be read: {reason}",
  },
  "answer-too-large": {
    exit: 2,
    message: "the answer to {what} is larger than {max} bytes",
  },
  "list-expired": { exit: 2, message: "{what} changed faster than it could be listed" },
  "watch-expired": { exit: 2, message: "the watch on {what} is too old and has to begin again" },

  // Off-boarding.
  "offboard-git": { exit: 2, message: "{ref} of {remote} cannot be read: {reason}" },
  "offboard-progress": {
    exit: 2,
    message:
      "the entry {key} of ConfigMap neurallog-system/offboarded was not written by this command: look at it by hand",
  },
  "offboard-changed": {
    exit: 2,
    message: "{what} is not what was checked: {reason}. Nothing more was removed",
  },
  "offboard-slow": {
    exit: 2,
    message:
      "{namespaces} did not end in time: {held}. Run the same command again when that is solved",
  },
  "offboard-volume": {
    exit: 2,
    message: "volume {volume} of {claim} is {phase}, not Released: run the same command again",
  },
  "offboard-leftovers": {
    exit: 2,
    message: "Git has no overlay of {tenant}: a whole tenant is no leftover",
  },
  "offboard-service": { exit: 2, message: "the log service at {url} cannot be asked: {reason}" },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof entries;

/** What a code's message has to be given. */
export type ErrorValues<C extends ErrorCode> = MessageValues<(typeof entries)[C]["message"]>;

export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = entries;

/** A failure that people can act on. Its message may hold text of a cluster: print it through `plain`. */
export class OperateError extends Error {
  override name = "OperateError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }
}

/** The error of a code with its places filled. */
export function failure<C extends ErrorCode>(
  code: C,
  values: ErrorValues<C>,
  cause?: unknown,
): OperateError {
  const message = fillMessage(ERRORS[code].message, values);
  return new OperateError(code, message, cause === undefined ? {} : { cause });
}
