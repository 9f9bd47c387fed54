import type { LogRecord } from "../../record/record.ts";
import type { EncodedAnswer } from "./port.ts";
import type { AnswerOf, QuestionKind } from "./questions.ts";

/** What both engines do on the thread that asks. */

/** The values of an answer in JSON; it comes from our own `encodeReply`. */
export function asValues<K extends QuestionKind>({ body }: EncodedAnswer): AnswerOf<K> {
  return JSON.parse(textOf(body));
}

export function linesOf(chunk: Uint8Array): readonly LogRecord[] {
  return JSON.parse(`[${textOf(chunk).trimEnd().replaceAll("\n", ",")}]`);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

/** What the work gives, or the signal's reason as soon as it fires: nobody waits for the work then. */
export async function settledOr<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => undefined);
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
