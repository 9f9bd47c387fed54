import { ServiceError } from "../../errors.ts";
import type { LogRecord } from "../../record/record.ts";
import type { LogStore } from "../../store/port.ts";
import { Answerer, type Budgets, type Protocols } from "./answerer.ts";
import { asValues, linesOf, settledOr } from "./on-caller.ts";
import type { ArchiveSources } from "./archive/sources.ts";
import type {
  AnswerFormat,
  EncodedAnswer,
  ExportQuestion,
  QueryEngine,
  RecordsQuestion,
} from "./port.ts";
import type { AnswerOf, Question, QuestionKind } from "./questions.ts";

/** Answers on the thread that asks, from a store that is not closed with it: for tests and for tools. */
export function createLocalEngine(
  store: LogStore,
  budgets: Partial<Budgets> = {},
  protocols: Protocols = {},
  archive?: ArchiveSources,
): QueryEngine {
  return new LocalEngine(new Answerer(store, budgets, protocols, archive));
}

class LocalEngine implements QueryEngine {
  readonly deaths = 0;
  readonly #answerer: Answerer;
  #closed = false;

  constructor(answerer: Answerer) {
    this.#answerer = answerer;
  }

  async ask<K extends QuestionKind>(
    question: Question & { readonly kind: K },
    signal?: AbortSignal,
  ): Promise<AnswerOf<K>> {
    return asValues<K>(await this.answer(question, "json", signal));
  }

  async answer(
    question: Question,
    format: AnswerFormat,
    signal?: AbortSignal,
  ): Promise<EncodedAnswer> {
    this.#assertOpen();
    const cancelled = () => this.#closed || signal?.aborted === true;
    return settledOr(this.#answerer.answer(question, format, cancelled), signal);
  }

  async check(): Promise<void> {
    this.#assertOpen();
  }

  async *export(question: ExportQuestion, signal?: AbortSignal): AsyncGenerator<EncodedAnswer> {
    yield* this.#stream(question, "export", signal);
  }

  async *records(
    question: RecordsQuestion,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    for await (const { body } of this.#stream(question, "records", signal)) yield linesOf(body);
  }

  async *#stream(question: ExportQuestion, lines: "export" | "records", signal?: AbortSignal) {
    this.#assertOpen();
    const cancelled = () => this.#closed || signal?.aborted === true;
    const chunks = this.#answerer.stream(question, lines, cancelled);
    try {
      for (;;) {
        const { value, done } = await settledOr(chunks.next(), signal);
        if (done === true) return;
        yield value;
      }
    } finally {
      // A chunk that is under way ends by itself, at its next look at `cancelled`.
      void chunks.return().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new ServiceError("NL_DRAINING");
  }
}
