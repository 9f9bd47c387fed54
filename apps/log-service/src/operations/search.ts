import { requireAction } from "../access/authorize.ts";
import { AUDIT_NAMESPACE, reachesEverything, type Principal } from "../access/principal.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { AnswerFormat, ExportQuestion, QueryEngine, Work } from "../query/engine/port.ts";
import type {
  ForeignQuestion,
  NamespacesAnswer,
  Question,
  SearchAnswer,
} from "../query/engine/questions.ts";
import type { NamespaceConfig } from "./namespace.ts";
import { readExport, readQuestion, type Asked, type ExportAsked } from "./questions.ts";
import { scopeOf } from "./scope.ts";
import type { SearchQuery } from "./search-query.ts";

export type { SearchAnswer } from "../query/engine/questions.ts";
export type NamespaceAnswer = Pick<
  NamespacesAnswer["namespaces"][number],
  "name" | "records" | "bytes" | "oldest" | "newest" | "archived"
>;

/** What a slow question is logged with: never the caller's values unless the configuration says so. */
export interface SlowQuestion extends Work {
  readonly kind: Question["kind"];
  readonly caller: string;
  readonly q?: string | undefined;
}

/** A `ForeignQuestion` as its door asks it. */
export interface ForeignAsked extends Omit<ForeignQuestion, "kind" | "scope" | "nowMs"> {
  /** The logical namespaces that the caller named. */
  readonly namespace: readonly string[] | undefined;
}

export interface SearchDeps {
  readonly engine: QueryEngine;
  readonly namespaces: NamespaceConfig;
  readonly metrics: Metrics;
  /** From how many milliseconds on, whom to tell, and whether with the query's text. */
  readonly slow: {
    readonly ms: number;
    readonly withText: boolean;
    readonly report: (question: SlowQuestion) => void;
  };
}

/** Asking what is stored for a caller, whichever door the question came in by. */
export class Searcher {
  readonly #deps: SearchDeps;

  constructor(deps: SearchDeps) {
    this.#deps = deps;
  }

  /** @throws ServiceError when the caller's role does not read. */
  admit(principal: Principal): void {
    requireAction(principal, "read");
  }

  /**
   * Any question's answer, ready to send.
   * @param signal Ends the work early, when nobody waits for it any more.
   * @throws ServiceError for a question that is not valid, a namespace out of reach, or a failing store.
   */
  async answer(
    principal: Principal,
    asked: Asked,
    format: AnswerFormat,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    this.admit(principal);
    const scope = scopeOf(principal, asked, this.#deps.namespaces);
    const question = readQuestion(asked, scope, Date.now());
    const { body, work } = await this.#deps.engine.answer(question, format, signal);
    this.#account(principal, question.kind, work, asked.q);
    return body;
  }

  /** One page of what matches, as values. */
  async search(
    principal: Principal,
    query: SearchQuery,
    signal: AbortSignal,
  ): Promise<SearchAnswer> {
    const body = await this.answer(principal, { kind: "search", ...query }, "json", signal);
    return JSON.parse(Buffer.from(body).toString());
  }

  /** A question in another protocol's words, answered in them. */
  async foreign(
    principal: Principal,
    asked: ForeignAsked,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    this.admit(principal);
    const { namespace, ...words } = asked;
    const scope = scopeOf(principal, { namespace }, this.#deps.namespaces);
    const question = { kind: "foreign", ...words, scope, nowMs: Date.now() } as const;
    const { body, work } = await this.#deps.engine.answer(question, "json", signal);
    this.#account(principal, question.kind, work, words.parameters["query"]?.[0]);
    return body;
  }

  /** Everything that matches, as lines; see `QueryEngine.export`. */
  export(principal: Principal, asked: ExportAsked, signal: AbortSignal): AsyncIterable<Uint8Array> {
    this.admit(principal);
    const scope = scopeOf(principal, asked, this.#deps.namespaces);
    return this.#exported(readExport(asked, scope, Date.now()), signal);
  }

  /** Counted where it ends, or is left; its reader sets its pace, so none is too slow. */
  async *#exported(question: ExportQuestion, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let done: Work | undefined;
    try {
      for await (const { body, work } of this.#deps.engine.export(question, signal)) {
        done = work;
        yield body;
      }
    } finally {
      if (done !== undefined) {
        this.#deps.metrics.searched("export", done.ms / 1000, done.scanned.bytes);
      }
    }
  }

  /** The logical namespaces that the caller reaches, by name. */
  async namespaces(principal: Principal): Promise<readonly NamespaceAnswer[]> {
    const { namespaces } = await this.inventory(principal);
    const own = namespaces.filter(({ name }) => name !== AUDIT_NAMESPACE);
    return own.map(({ name, records, bytes, oldest, newest, archived }) => ({
      name,
      records,
      bytes,
      oldest,
      newest,
      ...(archived !== undefined && { archived }),
    }));
  }

  /**
   * The same with all that the store knows of them; for whom reaches everything, with the account of what
   * administrators did.
   */
  async inventory(principal: Principal, signal?: AbortSignal): Promise<NamespacesAnswer> {
    this.admit(principal);
    const scope = reachesEverything(principal)
      ? { names: "*" as const, except: [], carried: true }
      : scopeOf(principal, {}, { ...this.#deps.namespaces, enabled: true });
    return this.#deps.engine.ask({ kind: "namespaces", scope }, signal);
  }

  #account(principal: Principal, kind: Question["kind"], work: Work, q: string | undefined): void {
    const { metrics, slow } = this.#deps;
    metrics.searched(kind, work.ms / 1000, work.scanned.bytes);
    if (work.ms < slow.ms) return;
    const text = slow.withText && q !== undefined ? { q } : {};
    slow.report({ kind, caller: principal.name, ...work, ...text });
  }
}
