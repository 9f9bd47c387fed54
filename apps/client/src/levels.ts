import type { SourceLevel } from "./admin.ts";
import { has, notNeuralLog } from "./answers.ts";
import { isPassing, type NeuralLogError } from "./errors.ts";
import { LEVEL_FOLLOW_LIMITS } from "./logger/limits.ts";
import { pause } from "./pause.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface FollowLevelsOptions {
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** Told when the service cannot be asked; the levels that are known stay in force. */
  readonly onInterruption?: (error: NeuralLogError) => void;
}

export interface ProgramLevels {
  readonly levels: readonly SourceLevel[];
  /** Where the key's records go that name no logical namespace; left out by services from before it was told. */
  readonly default_namespace?: string;
}

const isLevels = has<ProgramLevels>("levels");

/** The levels that sources should send, at this moment. */
export async function readLevels(
  transport: Transport,
  { signal, traceId }: CallOptions,
): Promise<ProgramLevels> {
  const body = await transport.call({ method: "GET", path: "/api/levels", signal, traceId });
  if (!isLevels(body)) throw notNeuralLog();
  return body;
}

/** The levels that sources should send: those of now, and all of them again at every change. */
export async function* followLevels(
  transport: Transport,
  { signal, onInterruption }: FollowLevelsOptions,
): AsyncGenerator<readonly SourceLevel[], void, undefined> {
  const { waitSeconds, answerMs, againMs } = LEVEL_FOLLOW_LIMITS;
  let tag: string | undefined;
  for (;;) {
    try {
      const body = await transport.call({
        method: "GET",
        path: tag === undefined ? "/api/levels" : `/api/levels?wait=${waitSeconds}`,
        headers: tag === undefined ? {} : { "if-none-match": tag },
        timeoutMs: answerMs,
        retries: 0,
        signal,
        onHead: (head) => (tag = head.get("etag") ?? undefined),
      });
      // Unchanged.
      if (body === undefined) continue;
      if (!isLevels(body)) throw notNeuralLog();
      yield body.levels;
    } catch (error) {
      if (signal?.aborted === true) return;
      if (!isPassing(error)) throw error;
      onInterruption?.(error);
      await pause(againMs * (0.75 + Math.random() * 0.5), signal).catch(() => undefined);
    }
    if (signal?.aborted === true) return;
  }
}
