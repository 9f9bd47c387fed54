import type { MessagePort } from "node:worker_threads";

import { ERRORS, ServiceError, type ErrorCode } from "../../../errors.ts";
import type { AnswerFormat, ExportQuestion, Work } from "../port.ts";
import type { Question } from "../questions.ts";

/** What goes to the thread. A call's answer has the call's `id`. */
export type ToThread =
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly question: Question;
      readonly format: AnswerFormat;
      /** One number, 1 as soon as nobody waits: seen in the middle of a scan, when no message is. */
      readonly cancel: SharedArrayBuffer;
    }
  | {
      readonly kind: "stream";
      readonly id: number;
      readonly question: ExportQuestion;
      readonly lines: "export" | "records";
      readonly cancel: SharedArrayBuffer;
    }
  /** Whether the thread still takes messages. */
  | { readonly kind: "check"; readonly id: number }
  /** The next chunk of a stream. */
  | { readonly kind: "more"; readonly id: number }
  /** The stream's reader has gone. */
  | { readonly kind: "leave"; readonly id: number }
  /** A line of its own to something else that runs on the thread. */
  | {
      readonly kind: "open";
      readonly service: string;
      readonly data: unknown;
      readonly port: MessagePort;
    };

/** What comes back. */
export type FromThread =
  /** The thread's store is made; it may not be connected yet. */
  | { readonly kind: "started" }
  | {
      readonly kind: "answered";
      readonly id: number;
      readonly body: Uint8Array<ArrayBuffer>;
      readonly work: Work;
    }
  | {
      readonly kind: "chunk";
      readonly id: number;
      readonly body: Uint8Array<ArrayBuffer>;
      /** Of the stream so far. */
      readonly work: Work;
    }
  | { readonly kind: "checked"; readonly id: number }
  | { readonly kind: "ended"; readonly id: number }
  | { readonly kind: "failed"; readonly id: number; readonly error: PlainError };

/** An error in a form that threads hand over: classes do not come along. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: unknown;
  readonly retryAfterSeconds: number | undefined;
  /** Of an error that is not one of ours, for the log. */
  readonly stack?: string | undefined;
}

export function toPlain(thrown: unknown): PlainError {
  if (thrown instanceof ServiceError) {
    const { code, message, details, retryAfterSeconds } = thrown;
    return { code, message, details, retryAfterSeconds };
  }
  const stack = thrown instanceof Error ? thrown.stack : String(thrown);
  const { message } = ERRORS.NL_INTERNAL;
  return {
    code: "NL_INTERNAL",
    message,
    details: undefined,
    retryAfterSeconds: undefined,
    stack,
  };
}

export function fromPlain(plain: PlainError): ServiceError {
  const { code, message, details, retryAfterSeconds, stack } = plain;
  return new ServiceError(code, message, {
    details,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(stack !== undefined && { cause: new Error(stack) }),
  });
}
