import { requireAction } from "../access/authorize.ts";
import { AUDIT_NAMESPACE, reaches, type Principal } from "../access/principal.ts";
import { ServiceError } from "../errors.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import type { Metrics } from "../observe/metrics.ts";
import { search, type Scanned } from "../query/search.ts";
import type { LogRecord } from "../record/record.ts";
import type { LogStore } from "../store/port.ts";
import { invalidParameter } from "./invalid-parameter.ts";
import { checkNamespace, type NamespaceConfig } from "./namespace.ts";
import { readFilter, readLimit, readMoment, type SearchQuery } from "./search-query.ts";

export interface SearchDeps {
  readonly store: LogStore;
  readonly namespaces: NamespaceConfig;
  readonly metrics: Metrics;
}

/** A page of a search, as it goes out. */
export interface SearchAnswer {
  readonly records: readonly LogRecord[];
  readonly next_cursor: string | null;
  readonly truncated: boolean;
  readonly scanned: Scanned;
  /** As `after` of another search: only what was stored since this one. */
  readonly position: string;
}

export interface NamespaceAnswer {
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  readonly oldest: string | null;
  readonly newest: string | null;
}

// Between a cursor and the namespaces it stands for; in neither of them, and safe in a URL.
const SEPARATOR = "~";
const BETWEEN_NAMES = ".";

/** Reading records for a caller, whichever door the question came in by. */
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
   * One page of what matches.
   * @param signal Ends the search early, when nobody waits for it any more.
   * @throws ServiceError for a query that is not valid, a namespace out of reach, or a failing store.
   */
  async search(
    principal: Principal,
    query: SearchQuery,
    signal: AbortSignal,
  ): Promise<SearchAnswer> {
    this.admit(principal);
    const started = performance.now();
    const now = Date.now();
    const { namespaces, cursor } = await this.#scope(principal, query);
    const page = await search(
      this.#deps.store,
      {
        namespaces,
        filter: readFilter(query),
        from: query.from === undefined ? undefined : readMoment("from", query.from, now),
        to: query.to === undefined ? undefined : readMoment("to", query.to, now),
        order: query.order ?? "desc",
        limit: readLimit(query.limit),
        cursor,
        after: query.after,
      },
      { bytes: SEARCH_LIMITS.scannedBytes, ms: SEARCH_LIMITS.scanMs, signal },
    );
    this.#deps.metrics.searched((performance.now() - started) / 1000, page.scanned.bytes);
    const scope = query.namespace === undefined ? SEPARATOR + namespaces.join(BETWEEN_NAMES) : "";
    return {
      records: page.records,
      next_cursor: page.cursor === null ? null : page.cursor + scope,
      truncated: page.truncated,
      scanned: page.scanned,
      position: page.position,
    };
  }

  /** The logical namespaces that the caller reaches, by name. */
  async namespaces(principal: Principal): Promise<readonly NamespaceAnswer[]> {
    this.admit(principal);
    const all = await this.#deps.store.namespaces();
    return all
      .filter(({ name }) => reaches(principal, name))
      .map(({ name, records, bytes, oldest, newest }) => ({
        name,
        records,
        bytes,
        oldest: oldest ?? null,
        newest: newest ?? null,
      }));
  }

  /**
   * The namespaces to search. Where the caller names none, the first page's stay those of all
   * pages: a namespace that is made in between must not make the cursor another search's.
   */
  async #scope(
    principal: Principal,
    { namespace, cursor }: SearchQuery,
  ): Promise<{ readonly namespaces: readonly string[]; readonly cursor: string | undefined }> {
    if (namespace !== undefined) {
      return { namespaces: this.#checked(principal, namespace), cursor };
    }
    if (cursor !== undefined) {
      const [inner, names] = cursor.split(SEPARATOR, 2);
      if (names === undefined) throw new ServiceError("NL_CURSOR_INVALID");
      // The names come back from the caller, who may have changed them.
      return { namespaces: this.#checked(principal, names.split(BETWEEN_NAMES)), cursor: inner };
    }
    const reached = await this.#reached(principal);
    if (reached.length > SEARCH_LIMITS.searchNamespaces) {
      throw invalidParameter(
        "namespace",
        `has to name at most ${SEARCH_LIMITS.searchNamespaces} of the ${reached.length} namespaces`,
      );
    }
    return { namespaces: reached, cursor };
  }

  async #reached(principal: Principal): Promise<readonly string[]> {
    const { namespaces, store } = this.#deps;
    if (!namespaces.enabled) return this.#checked(principal, [namespaces.default]);
    const known = (await store.namespaces()).map(({ name }) => name);
    // What administrators did is no log of the tenant's programs: only who names it searches it.
    return known.filter((name) => name !== AUDIT_NAMESPACE && reaches(principal, name)).sort();
  }

  #checked(principal: Principal, names: readonly string[]): readonly string[] {
    const { namespaces } = this.#deps;
    if (names.length > SEARCH_LIMITS.searchNamespaces) {
      throw invalidParameter(
        "namespace",
        `is given at most ${SEARCH_LIMITS.searchNamespaces} times`,
      );
    }
    for (const name of names) checkNamespace(principal, name, namespaces);
    // In one order, or the same search would have two fingerprints.
    return [...new Set(names)].sort();
  }
}
