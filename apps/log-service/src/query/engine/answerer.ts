import { ServiceError } from "../../errors.ts";
import { ENGINE_LIMITS, SEARCH_LIMITS } from "../../limits.ts";
import type { LogStore } from "../../store/port.ts";
import { Admission, sortOf, type Sort } from "./admission.ts";
import type { ArchiveSources } from "./archive/sources.ts";
import type { ArchiveSide, Asking } from "./asking.ts";
import { answerNamespaces } from "./namespaces.ts";
import type { AnswerFormat, EncodedAnswer, ExportQuestion } from "./port.ts";
import type { ForeignQuestion, Question } from "./questions.ts";
import { encodeReply, type Reply } from "./reply.ts";
import { Scheduler } from "./scheduler.ts";
import { answerSearch } from "./search/answer.ts";
import { answerContext } from "./search/context.ts";
import { exportError, exportLines, streamChunks, type Chunk } from "./search/stream.ts";
import { answerTrace } from "./search/trace.ts";
import { answerAggregate } from "./sums/aggregate.ts";
import { answerCount, answerFacets, answerValues } from "./sums/facets.ts";
import { answerHistogram } from "./sums/histogram.ts";
import { answerPatterns } from "./sums/patterns.ts";
import { Task, type Budget } from "./task.ts";
import { TemplateCache } from "./template-cache.ts";

/** Budgets of each sort of question. Streams have none: their reader ends them. */
export type Budgets = Readonly<Record<Sort, Budget>>;

const BUDGETS: Budgets = {
  lookups: { bytes: SEARCH_LIMITS.scannedBytes, ms: SEARCH_LIMITS.scanMs },
  sums: { bytes: ENGINE_LIMITS.summedBytes, ms: ENGINE_LIMITS.summedMs },
  streams: { bytes: Infinity, ms: Infinity },
};

/** Who answers questions in other protocols' words, by the protocol. */
export type Protocols = Readonly<
  Record<string, (question: ForeignQuestion, asking: Asking) => Promise<Reply>>
>;

/** Whether anybody still waits for an answer; may be set by another thread. */
export type Cancelled = () => boolean;

/** Answers questions from one store on the thread that it runs in. */
export class Answerer {
  readonly #store: LogStore;
  readonly #budgets: Budgets;
  readonly #protocols: Protocols;
  readonly #scheduler = new Scheduler();
  readonly #admission = new Admission();
  readonly #templates = new TemplateCache();
  readonly #archive: Promise<ArchiveSide> | undefined;

  /**
   * @param budgets Others than usual are for tests.
   * @param archive What is read beside the store; nothing of it is loaded without.
   */
  constructor(
    store: LogStore,
    budgets: Partial<Budgets> = {},
    protocols: Protocols = {},
    archive?: ArchiveSources,
  ) {
    this.#store = store;
    this.#protocols = protocols;
    this.#archive = archive && loadArchive(archive);
    this.#budgets = { ...BUDGETS, ...budgets };
  }

  /** @throws CancelledError when nobody waits any more; ServiceError. */
  answer(question: Question, format: AnswerFormat, cancelled: Cancelled): Promise<EncodedAnswer> {
    const sort = sortOf(question.kind);
    return this.#admission.run(sort, cancelled, async () => {
      const asking = await this.#asking(sort, cancelled);
      const reply = await this.#replyTo(question, asking);
      const body = encodeReply(warned(reply, question, asking), format);
      return { body, work: asking.task.work };
    });
  }

  /**
   * NDJSON: with the lines that an export has between its records, or the records alone; each with
   * the work so far.
   */
  async *stream(
    question: ExportQuestion,
    lines: "export" | "records",
    cancelled: Cancelled,
  ): AsyncGenerator<EncodedAnswer, void, undefined> {
    await this.#admission.enter("streams", cancelled);
    try {
      const asking = await this.#asking("streams", cancelled);
      let left = question.limit ?? Infinity;
      let last: Chunk | undefined;
      try {
        for await (const chunk of streamChunks(question, asking)) {
          const { items, cursor } = chunk;
          last = chunk;
          left -= items.length;
          if (lines === "records" && items.length === 0) continue;
          const body =
            lines === "export"
              ? exportLines(chunk, cursor === null || left <= 0)
              : Buffer.from(`${items.join("\n")}\n`);
          yield { body, work: asking.task.work };
        }
      } catch (error) {
        // The first chunk's goes to whoever asked as any other error does.
        if (lines === "records" || last === undefined || !(error instanceof ServiceError)) {
          throw error;
        }
        yield { body: exportError(error, last), work: asking.task.work };
      }
    } finally {
      this.#admission.leave("streams");
    }
  }

  #replyTo(question: Question, asking: Asking): Promise<Reply> {
    if (question.kind !== "foreign") return replyTo(question, asking);
    const { [question.protocol]: answer } = this.#protocols;
    if (answer === undefined) throw new ServiceError("NL_NOT_FOUND");
    return answer(question, asking);
  }

  async #asking(sort: Sort, cancelled: Cancelled): Promise<Asking> {
    const budget = this.#budgets[sort];
    return {
      store: this.#store,
      task: new Task({ scheduler: this.#scheduler, budget, cancelled }),
      templates: this.#templates,
      archive: this.#archive && (await this.#archive),
      warnings: [],
    };
  }
}

async function loadArchive(sources: ArchiveSources): Promise<ArchiveSide> {
  const [{ ArchiveDesk }, { join }] = await Promise.all([
    import("./archive/desk.ts"),
    import("./archive/join.ts"),
  ]);
  return { desk: new ArchiveDesk(sources), join };
}

/** With what it lacks; other protocols have words of their own for that. */
function warned(reply: Reply, { kind }: Question, { warnings }: Asking): Reply {
  if (warnings.length === 0 || kind === "foreign") return reply;
  return { ...reply, rest: { ...reply.rest, warnings } };
}

async function replyTo(
  question: Exclude<Question, ForeignQuestion>,
  asking: Asking,
): Promise<Reply> {
  switch (question.kind) {
    case "search":
      return answerSearch(question, asking);
    case "trace":
      return answerTrace(question, asking);
    case "context":
      return answerContext(question, asking);
    case "aggregate":
      return answerAggregate(question, asking);
    case "namespaces":
      return listed("namespaces", await answerNamespaces(question, asking));
    case "count":
      return { rest: await answerCount(question, asking) };
    case "histogram":
      return listed("buckets", await answerHistogram(question, asking));
    case "facets":
      return listed("facets", await answerFacets(question, asking));
    case "values":
      return listed("values", await answerValues(question, asking));
    case "patterns":
      return listed("patterns", await answerPatterns(question, asking));
  }
}

/** An answer whose list goes out item by item. */
function listed<K extends string>(name: K, answer: Readonly<Record<K, readonly object[]>>): Reply {
  const { [name]: list, ...rest } = answer;
  return { lists: [{ name, items: list.map((item) => JSON.stringify(item)) }], rest };
}
