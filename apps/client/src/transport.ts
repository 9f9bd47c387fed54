import { ConnectionError, NeuralLogError, ResponseError } from "./errors.ts";
import { pause } from "./pause.ts";
import { property } from "./shared/property.ts";
import { readRetryAfter } from "./shared/retry-after.ts";

export interface TransportOptions {
  /** The log service's address: `https://acme.logs.example`. */
  readonly url: string;
  /** The API key; a function is asked before each request. */
  readonly key?: string | (() => string | undefined) | undefined;
  /** For each try, in milliseconds; 30,000 when left out. */
  readonly timeoutMs?: number;
  /** How often to try again: after 429 and 503, and what may be repeated also after a lost answer. 4 when left out. */
  readonly retries?: number;
  readonly userAgent?: string;
  /** Sent with every request: `{ traceparent }` of the work that the client is made for. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
}

/** What every method takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Goes out as `X-Trace-ID`: the service logs it with the request, and records that name no trace get it. */
  readonly traceId?: string | undefined;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With its query string. */
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** 1 to 128 visible ASCII characters. */
  readonly traceId?: string | undefined;
  /** The type of answer that is asked for; JSON when left out. */
  readonly accepts?: string;
  /** Answers that are no error beside 2xx, by their body. */
  readonly accept?: (status: number, body: unknown) => boolean;
  /** Sent twice it does no more than sent once: a lost answer is asked for again. */
  readonly repeatable?: boolean;
  /** Instead of the options' number. */
  readonly retries?: number;
  /** Instead of the options' limit. */
  readonly timeoutMs?: number;
  /** Told of the answer's headers, also of one without a body. */
  readonly onHead?: (headers: Headers) => void;
  /** How long a stream may be silent before its connection counts as dead, in milliseconds. */
  readonly silenceMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 4;
// A service that asks for longer than this is not coming back within one call: the caller decides.
const LONGEST_WAIT_MS = 30_000;
const FIRST_WAIT_MS = 200;

/** Sends requests, waits as the service asks, and turns every failure into a NeuralLogError. */
export class Transport {
  readonly #base: string;
  readonly #options: TransportOptions;

  /** @throws NeuralLogError with NLC_BAD_OPTION when the address is not one. */
  constructor(options: TransportOptions) {
    if (!URL.canParse(options.url) || !/^https?:/i.test(options.url)) {
      throw new NeuralLogError(
        "NLC_BAD_OPTION",
        `not an http:// or https:// address: ${options.url}`,
      );
    }
    this.#base = options.url.replace(/\/+$/, "");
    this.#options = options;
  }

  /** The address that requests go to, without a trailing slash. */
  get url(): string {
    return this.#base;
  }

  /** The answer's JSON; undefined where there is none (204, 304). */
  async call(call: Call): Promise<unknown> {
    checkTraceId(call.traceId);
    return this.#retrying(call, () => this.#once(call));
  }

  /** The answer's text as it comes; only its beginning is tried again and has a time limit. */
  async *text(call: Call): AsyncGenerator<string, void, undefined> {
    const stop = new AbortController();
    const signal =
      call.signal === undefined ? stop.signal : AbortSignal.any([call.signal, stop.signal]);
    try {
      const response = await this.#retrying(call, () => this.#open(call, signal, stop));
      const decoder = new TextDecoder();
      const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
      for (;;) {
        const { done, value } = await this.#within(call.silenceMs, stop, () => reader.read());
        if (done) return;
        yield decoder.decode(value, { stream: true });
      }
    } catch (error) {
      throw this.#explain(call, error, stop.signal);
    } finally {
      stop.abort();
    }
  }

  /** The same, line by line. */
  async *lines(call: Call): AsyncGenerator<string, void, undefined> {
    let rest = "";
    for await (const text of this.text(call)) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  }

  /** After 429 and 503 nothing was done; after a lost answer nobody knows, so only what may be repeated is. */
  async #retrying<T>(call: Call, work: () => Promise<T>): Promise<T> {
    const retries = call.retries ?? this.#options.retries ?? DEFAULT_RETRIES;
    let lost: unknown;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (call.repeatable === true && error instanceof ConnectionError && !error.refused)
          lost ??= error;
        // Of all that went wrong, the lost answer is what the caller has to know of.
        if (attempt >= retries || !mayTryAgain(error, lost !== undefined)) throw lost ?? error;
        const asked = error instanceof ResponseError ? error.retryAfterMs : undefined;
        const waitMs = asked ?? FIRST_WAIT_MS * 2 ** attempt;
        if (waitMs > LONGEST_WAIT_MS) throw lost ?? error;
        // Jitter, so that clients that were refused together do not come back together.
        await pause(waitMs * (1 + Math.random() * 0.25), call.signal);
      }
    }
  }

  async #once(call: Call): Promise<unknown> {
    const timeout = AbortSignal.timeout(this.#timeoutOf(call));
    const signal = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
    try {
      const response = await this.#fetch(call, signal);
      return read(call, response, await response.text());
    } catch (error) {
      throw this.#explain(call, error, timeout);
    }
  }

  /** A stream's beginning: until it is there, as long as any answer may take. */
  #open(call: Call, signal: AbortSignal, stop: AbortController): Promise<Response> {
    return this.#within(this.#timeoutOf(call), stop, async () => {
      try {
        const response = await this.#fetch(call, signal);
        if (!response.ok) read(call, response, await response.text());
        return response;
      } catch (error) {
        throw this.#explain(call, error, stop.signal);
      }
    });
  }

  async #within<T>(
    ms: number | undefined,
    stop: AbortController,
    work: () => Promise<T>,
  ): Promise<T> {
    const timer = ms === undefined ? undefined : setTimeout(() => stop.abort(), ms);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }

  #timeoutOf(call: Call): number {
    return call.timeoutMs ?? this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  #fetch(call: Call, signal: AbortSignal): Promise<Response> {
    return (this.#options.fetch ?? fetch)(this.#base + call.path, {
      method: call.method,
      headers: this.#headers(call),
      ...(call.body === undefined ? {} : { body: call.body }),
      // A key must not follow a redirect to another host.
      redirect: "error",
      signal,
    });
  }

  #explain(call: Call, error: unknown, timeout: AbortSignal): NeuralLogError {
    if (error instanceof NeuralLogError) return error;
    if (call.signal?.aborted === true)
      return new ConnectionError("NLC_ABORTED", "the call was cancelled", error);
    if (timeout.aborted)
      return new ConnectionError("NLC_TIMEOUT", `no answer from ${this.#base} in time`, error);
    return new ConnectionError(
      "NLC_UNREACHABLE",
      `cannot reach ${this.#base}: ${reason(error)}`,
      error,
    );
  }

  #headers(call: Call): Record<string, string> {
    const { key } = this.#options;
    const value = typeof key === "function" ? key() : key;
    return {
      accept: call.accepts ?? "application/json",
      ...(value === undefined ? {} : { authorization: `Bearer ${value}` }),
      ...(call.contentType === undefined ? {} : { "content-type": call.contentType }),
      ...(this.#options.userAgent === undefined ? {} : { "user-agent": this.#options.userAgent }),
      ...this.#options.headers,
      ...(call.traceId === undefined ? {} : { "x-trace-id": call.traceId }),
      ...call.headers,
    };
  }
}

/** fetch would say of a header that it cannot send that the service cannot be reached. */
function checkTraceId(id: string | undefined): void {
  if (id === undefined || /^[\x21-\x7e]{1,128}$/.test(id)) return;
  throw new NeuralLogError("NLC_BAD_OPTION", "a trace id is 1 to 128 visible ASCII characters");
}

function mayTryAgain(error: unknown, isLost: boolean): boolean {
  if (error instanceof ResponseError) return error.retryable;
  // Once an answer was lost, nobody listening means that the service starts anew.
  return isLost && error instanceof ConnectionError && error.code !== "NLC_ABORTED";
}

function read(call: Call, response: Response, text: string): unknown {
  call.onHead?.(response.headers);
  if (response.status === 204 || response.status === 304) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ResponseError(
      response.status,
      "NLC_NOT_NEURALLOG",
      `the answer (status ${response.status}) is not a log service's: is the address right?`,
    );
  }
  if (response.ok || call.accept?.(response.status, body) === true) return body;
  const error = property(body, "error");
  const code = property(error, "code");
  const message = property(error, "message");
  throw new ResponseError(
    response.status,
    typeof code === "string" ? code : "NLC_NOT_NEURALLOG",
    typeof message === "string" ? message : `status ${response.status}`,
    {
      details: property(error, "details"),
      retryAfterMs: readRetryAfter(response.headers.get("retry-after")),
    },
  );
}

/** fetch hides the system's reason (ECONNREFUSED, ENOTFOUND, bad port) in the cause. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = property(cause, "code");
  if (typeof code === "string") return code;
  if (cause instanceof Error) return cause.message;
  return error instanceof Error ? error.message : String(error);
}
