import { NeuralLogError, ResponseError } from "../../errors.ts";
import { HttpSender, wasNeverSent, type HttpAnswer } from "./http-request.ts";
import type { KeySource } from "./key.ts";
import type { Batch, Delivery, Outcome } from "./port.ts";
import { retryAfter } from "./retry-after.ts";

export interface HttpDeliveryOptions {
  readonly url: URL;
  readonly key: KeySource;
  readonly namespace: string | undefined;
  readonly connectMs: number;
  readonly answerMs: number;
  readonly ca?: string | Buffer | undefined;
}

/** Batches as lines of JSON to the write route, each under an idempotency key: a retry stores nothing twice. */
export class HttpDelivery implements Delivery {
  readonly #options: HttpDeliveryOptions;
  readonly #sender: HttpSender;
  readonly #path: string;

  constructor(options: HttpDeliveryOptions) {
    this.#options = options;
    this.#sender = new HttpSender(options);
    const { namespace } = options;
    this.#path =
      namespace === undefined
        ? "/api/logs"
        : `/api/logs?namespace=${encodeURIComponent(namespace)}`;
  }

  async deliver({ body, key }: Batch): Promise<Outcome> {
    try {
      const answer = await this.#sender.send({
        method: "POST",
        path: this.#path,
        headers: {
          "content-type": "application/x-ndjson",
          accept: "application/json",
          "idempotency-key": key,
          ...(await this.#options.key.headers()),
        },
        body,
        answerMs: this.#options.answerMs,
      });
      return this.#read(answer);
    } catch (error) {
      const known =
        error instanceof NeuralLogError
          ? error
          : new NeuralLogError("NLC_BAD_OPTION", `the batch cannot be sent: ${reasonOf(error)}`);
      const isUnsure = error instanceof NeuralLogError && !wasNeverSent(error);
      return { kind: "again", error: known, isUnsure };
    }
  }

  close(): void {
    this.#sender.close();
  }

  #read({ status, headers, text }: HttpAnswer): Outcome {
    const written = readWritten(text);
    if (written !== undefined && (status === 200 || status === 400))
      return { kind: "done", ...written };
    const error = explain(status, text);
    if (status === 413) return { kind: "too-large", error };
    if (status === 429 || status === 503)
      return { kind: "again", error, isUnsure: false, afterMs: retryAfter(headers["retry-after"]) };
    if (status >= 500) return { kind: "again", error, isUnsure: true };
    if (status === 400 || status === 422) return { kind: "refused", error };
    if (status === 401 || status === 403) this.#options.key.forget();
    return { kind: "again", error, isUnsure: false, isRefusal: true };
  }
}

/** What a write answers, also one of which nothing was stored. */
function readWritten(text: string): { accepted: number; rejected: number } | undefined {
  const body = parse(text);
  if (typeof body !== "object" || body === null) return undefined;
  const accepted: unknown = Reflect.get(body, "accepted");
  const rejected: unknown = Reflect.get(body, "rejected");
  if (typeof accepted !== "number" || !Array.isArray(rejected)) return undefined;
  return { accepted, rejected: rejected.length };
}

function explain(status: number, text: string): ResponseError {
  const body = parse(text);
  const error: unknown =
    typeof body === "object" && body !== null ? Reflect.get(body, "error") : {};
  const [code, message] = ["code", "message"].map((name): unknown =>
    typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined,
  );
  return new ResponseError(
    status,
    typeof code === "string" ? code : "NLC_NOT_NEURALLOG",
    typeof message === "string"
      ? `${message} (status ${status})`
      : `the answer (status ${status}) is not a log service's: is the address right?`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Never the key, which a header that cannot be written would name. */
function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "no valid option";
}
