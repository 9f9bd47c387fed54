import { isRecord, isSearchPage, notNeuralLog } from "./answers.ts";
import { ConnectionError, isPassing, type NeuralLogError, ResponseError } from "./errors.ts";
import { pause } from "./pause.ts";
import { questionPath } from "./query-string.ts";
import type { FilterParams } from "./questions.ts";
import { EventReader, type ServerSentEvent } from "./shared/server-sent.ts";
import { property } from "./shared/property.ts";
import type { Transport } from "./transport.ts";
import type { LogRecord, SearchParams } from "./types.ts";

/** What to follow; times make no sense of what is still to come. */
export type FollowParams = Omit<FilterParams, "from" | "to">;

export interface Dropped {
  /** `slow`: this client did not read as fast as records came. `retention`: they were too old to be kept. */
  readonly reason: "slow" | "retention";
  /** How many; undefined where nobody knows. */
  readonly records: number | undefined;
}

export interface FollowOptions {
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** `position` of an earlier following or search, to go on from there; from now on when left out. */
  readonly after?: string;
  /** Goes back for what was dropped because this client was slow, and so falls behind instead. */
  readonly catchUp?: boolean;
  /** Told of what is lost; with `catchUp` of what retention took alone. */
  readonly onDropped?: (dropped: Dropped) => void;
  /** Told when the stream broke and when it is tried again, in milliseconds; nothing is missed meanwhile. */
  readonly onInterruption?: (error: NeuralLogError, waitMs: number) => void;
  /** How long the stream may be silent before it counts as dead, in milliseconds: three heartbeats when left out. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 45_000;
/** Before the service has said how long to wait. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * What is stored from now on and matches, whatever its timestamp, in the order in which it is committed:
 * `for await (const record of following)`. A stream that breaks is taken up where it broke.
 */
export class Following implements AsyncIterable<LogRecord> {
  readonly #transport: Transport;
  readonly #params: FollowParams;
  readonly #options: FollowOptions;
  #position: string | undefined;
  #waitMs = FIRST_WAIT_MS;
  #failures = 0;

  constructor(transport: Transport, params: FollowParams, options: FollowOptions) {
    this.#transport = transport;
    this.#params = params;
    this.#options = options;
    this.#position = options.after;
  }

  /** Behind the record given out last, and what did not match since: as `after`, another following goes on there. */
  get position(): string | undefined {
    return this.#position;
  }

  /** @throws NeuralLogError when the service refuses, and not when it cannot be reached for a while. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord, void, undefined> {
    const { signal } = this.#options;
    for (;;) {
      try {
        yield* this.#connection();
      } catch (error) {
        if (signal?.aborted === true) return;
        if (!isPassing(error)) throw error;
        const waitMs = this.#nextWait(error);
        this.#options.onInterruption?.(error, waitMs);
        try {
          await pause(waitMs, signal);
        } catch {
          return;
        }
      }
    }
  }

  /** One connection's records. Ends where the next one has to go on at once. */
  async *#connection(): AsyncGenerator<LogRecord, void, undefined> {
    const { signal, silenceMs = SILENCE_MS, catchUp = false, onDropped } = this.#options;
    // Without a place to go on from, what comes before the first record would be lost with the connection.
    this.#position ??= await this.#now();
    const reader = new EventReader();
    const stream = this.#transport.text({
      method: "GET",
      path: questionPath("/api/logs/stream", this.#params),
      accepts: "text/event-stream, application/json",
      headers: { "last-event-id": this.#position },
      signal,
      silenceMs,
      retries: 0,
    });
    for await (const text of stream) {
      // Heartbeats too: the service is there.
      this.#failures = 0;
      const events = reader.push(text);
      this.#waitMs = reader.retryMs ?? this.#waitMs;
      for (const event of events) {
        const data = read(event.data);
        if (event.event === "error") throw failureOf(data);
        if (event.event === "dropped") {
          const dropped = droppedOf(data);
          if (catchUp && dropped.reason === "slow") return;
          onDropped?.(dropped);
        } else if (event.event === "message") {
          yield this.#recordOf(event, data);
        }
      }
      // Where nothing matches, the stream says how far it is all the same.
      this.#position = reader.id ?? this.#position;
    }
    throw new ConnectionError("NLC_CUT", `${this.#transport.url} ended the stream`);
  }

  #recordOf({ id }: ServerSentEvent, data: unknown): LogRecord {
    if (!isRecord(data) || id === undefined) throw notNeuralLog();
    this.#position = id;
    return data;
  }

  /** Where the store stands: nothing is later than now, so nothing is read for it. */
  async #now(): Promise<string> {
    const search: SearchParams = { namespace: this.#params.namespace, from: "now", limit: 1 };
    const page = await this.#transport.call({
      method: "GET",
      path: questionPath("/api/logs", search),
      signal: this.#options.signal,
      retries: 0,
    });
    if (!isSearchPage(page)) throw notNeuralLog();
    return page.position;
  }

  #nextWait(error: NeuralLogError): number {
    const asked = error instanceof ResponseError ? (error.retryAfterMs ?? 0) : 0;
    const waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2 ** this.#failures);
    this.#failures += 1;
    // Jitter, so that all who followed a service that restarts do not come back together.
    return Math.max(asked, waitMs * (1 - Math.random() * 0.5));
  }
}

/** What the stream says of why it ends, as the answer with that status would have been. */
function failureOf(data: unknown): ResponseError {
  const [status, code, message] = ["status", "code", "message"].map((name) => property(data, name));
  return new ResponseError(
    typeof status === "number" ? status : 503,
    typeof code === "string" ? code : "NLC_NOT_NEURALLOG",
    typeof message === "string" ? message : "the stream failed",
    { details: property(data, "details") },
  );
}

function droppedOf(data: unknown): Dropped {
  const reason = property(data, "reason") === "slow" ? "slow" : "retention";
  const records = property(data, reason === "slow" ? "events" : "records");
  return { reason, records: typeof records === "number" ? records : undefined };
}

function read(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw notNeuralLog();
  }
}
