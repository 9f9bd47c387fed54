import type { BlockRows } from "../block/rows.ts";
import { LOKI_LIMITS } from "../limits.ts";
import type { Asking } from "../query/engine/asking.ts";
import type { Scope } from "../query/engine/questions.ts";
import { sumUp, type Sum } from "../query/engine/sums/sum.ts";
import type { Selection } from "../query/match/matcher.ts";
import type { BlockRef } from "../store/port.ts";
import { compileStages, PASS, streamTest, type Pipeline, type StreamTest } from "./pipeline.ts";
import type { Range } from "./parameters.ts";
import { RowTable } from "./row-table.ts";
import { selectionOf } from "./select.ts";
import type { Stream } from "./stream.ts";
import type { Streams } from "./streams.ts";
import type { LogExpr } from "./syntax/ast.ts";
import { momentOf } from "./time.ts";

export interface StreamCount {
  readonly stream: Stream;
  entries: number;
  /** Of lines. */
  bytes: number;
}

export interface CatalogRequest {
  readonly expr: LogExpr;
  readonly range: Range;
  readonly scope: Scope;
  readonly streams: Streams;
  /** False where nobody asks for bytes: lines are not read for them. */
  readonly sized?: boolean;
  /** Told of each line that counts. */
  readonly visit?: (stream: Stream, ms: number, bytes: number) => void;
}

/** Which streams there are, the newest blocks first, as far as a second or two goes. */
export async function readStreams(
  request: CatalogRequest,
  asking: Asking,
): Promise<readonly StreamCount[]> {
  const { expr, range, scope } = request;
  const { filter, rest } = selectionOf(expr);
  const catalog = new Catalog(request, rest);
  const about = { scope, filter, from: momentOf(range.start), to: momentOf(range.end + 1n) };
  const task = asking.task.within(LOKI_LIMITS.catalog);
  await sumUp(about, { ...asking, task }, () => catalog);
  return [...catalog.counts.values()];
}

class Catalog implements Sum {
  readonly counts = new Map<string, StreamCount>();
  readonly #request: CatalogRequest;
  readonly #takes: StreamTest | undefined;
  readonly #pipeline: Pipeline;

  constructor(request: CatalogRequest, rest: LogExpr | undefined) {
    this.#request = request;
    this.#takes = streamTest(rest);
    this.#pipeline = compileStages(rest);
  }

  addHeader(): boolean {
    return false;
  }

  addRows(_block: BlockRef, rows: BlockRows, selection: Selection): void {
    const { streams, visit, sized = true } = this.#request;
    const table = new RowTable(streams, rows);
    for (let row = 0; row < rows.count; row += 1) {
      if (selection !== "all" && selection[row] === 0) continue;
      const stream = table.streamOf(row);
      if (this.#takes?.(stream) === false) continue;
      if (this.#pipeline !== PASS && !this.#pipeline(table.entryOf(row))) continue;
      const bytes = sized ? Buffer.byteLength(rows.message(row)) : 0;
      const known = this.counts.get(stream.key);
      if (known !== undefined) {
        known.entries += 1;
        known.bytes += bytes;
      } else if (this.counts.size < LOKI_LIMITS.catalogStreams) {
        this.counts.set(stream.key, { stream, entries: 1, bytes });
      }
      visit?.(stream, rows.ms[row] ?? 0, bytes);
    }
  }
}
