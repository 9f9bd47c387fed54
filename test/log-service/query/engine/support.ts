import { createLocalEngine } from "../../../../apps/log-service/src/query/engine/local.ts";
import type { Filter, Moment } from "../../../../apps/log-service/src/query/filter.ts";
import type { Order } from "../../../../apps/log-service/src/query/key.ts";
import type { BlockRef, LogStore } from "../../../../apps/log-service/src/store/port.ts";

export interface SearchRequest {
  readonly namespaces: readonly string[];
  readonly filter: Filter;
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  readonly order: Order;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly after?: string | undefined;
}

export interface SearchBudget {
  readonly bytes: number;
  readonly ms: number;
  readonly signal?: AbortSignal;
}

/** One page of a search, by an engine on this thread. */
export async function search(
  store: LogStore,
  { namespaces, ...rest }: SearchRequest,
  budget: SearchBudget = { bytes: Infinity, ms: Infinity },
) {
  const engine = createLocalEngine(store, { lookups: budget });
  const scope = { names: namespaces, carried: false };
  const question = { kind: "search", scope, ...rest } as const;
  const { next_cursor: cursor, ...page } = await engine.ask(question, budget.signal);
  return { ...page, cursor };
}

/** The store with another way to read its blocks. */
export function readingBy(
  store: LogStore,
  read: (block: BlockRef, index: number) => ReturnType<BlockRef["read"]>,
): LogStore {
  return Object.assign(Object.create(store), {
    names: () => store.names(),
    namespaces: () => store.namespaces(),
    snapshot: async (...asked: Parameters<LogStore["snapshot"]>) => {
      const snapshot = await store.snapshot(...asked);
      const blocks = snapshot.blocks.map((block, index): BlockRef => ({
        namespace: block.namespace,
        position: block.position,
        header: block.header,
        before: block.before,
        idOf: (row) => block.idOf(row),
        positionOf: (row) => block.positionOf(row),
        rowOf: (id) => block.rowOf(id),
        rowsWithin: (bounds) => block.rowsWithin(bounds),
        read: () => read(block, index),
      }));
      return {
        ...snapshot,
        blocks,
        // The store knows its own blocks alone.
        loadTokens: async () => blocks.map(() => undefined),
      };
    },
  });
}
