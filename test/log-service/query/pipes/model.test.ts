import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Filter } from "../../../../apps/log-service/src/query/filter.ts";
import { compileFilter } from "../../../../apps/log-service/src/query/match/compile.ts";
import type {
  Field,
  GroupKey,
  Pipe,
  StatsFunction,
} from "../../../../apps/log-service/src/query/pipe.ts";
import { createAggregation } from "../../../../apps/log-service/src/query/pipes/create.ts";
import { LEVELS } from "../../../../apps/log-service/src/record/level.ts";
import { presentRecord } from "../../../../apps/log-service/src/record/present.ts";
import { leaf, record } from "../arbitrary.ts";
import { layout, readAll, storeOf } from "../layouts.ts";
import { evaluate } from "../naive-pipes.ts";
import { matches } from "../naive.ts";

const field = fc.constantFrom<Field>(
  "level",
  "source",
  "namespace",
  "message",
  "trace_id",
  "tags",
  "timestamp",
  "metadata.a",
  "metadata.a.b",
  "metadata.ms",
);

const key: fc.Arbitrary<GroupKey> = fc.oneof(
  field.map((name): GroupKey => ({ kind: "field", field: name })),
  fc
    .constantFrom<Field>("level", "source")
    .map((name): GroupKey => ({ kind: "field", field: name })),
  fc.constantFrom(60_000, 300_000, 1_000).map((ms): GroupKey => ({ kind: "bin", ms })),
);

const figure: fc.Arbitrary<StatsFunction> = fc.oneof(
  fc.constant<StatsFunction>({ name: "count", as: "count" }),
  fc.constant<StatsFunction>({ name: "count", as: "count" }),
  fc.record({
    name: fc.constantFrom(
      "sum" as const,
      "min" as const,
      "max" as const,
      "avg" as const,
      "count_uniq" as const,
    ),
    of: field,
    as: fc.constant("figure"),
  }),
  fc.record({
    name: fc.constant("quantile" as const),
    phi: fc.constantFrom(0, 0.5, 0.9, 1),
    of: field,
    as: fc.constant("quantile"),
  }),
);

const unique = (name: (key: GroupKey) => string) => ({ selector: name, maxLength: 3 });
const keyName = (each: GroupKey) => (each.kind === "bin" ? "timestamp" : each.field);
const recordColumn = fc.constantFrom(
  "level",
  "source",
  "timestamp",
  "tags",
  "message",
  "id",
  "metadata.a",
  "metadata.a.b",
  "metadata.ms",
);

function sort(column: fc.Arbitrary<string>): fc.Arbitrary<Pipe> {
  const columns = fc.array(fc.record({ column, descending: fc.boolean() }), {
    minLength: 1,
    maxLength: 2,
  });
  return columns.map((by): Pipe => ({ kind: "sort", by }));
}

const limit = fc.integer({ min: 1, max: 5 }).map((most): Pipe => ({ kind: "limit", limit: most }));

const first: fc.Arbitrary<Pipe[]> = fc.oneof(
  fc
    .tuple(
      fc.uniqueArray(key, unique(keyName)),
      fc.uniqueArray(figure, { selector: ({ as }) => as, minLength: 1, maxLength: 3 }),
    )
    .map(([by, functions]): Pipe[] => [{ kind: "stats", by, functions }]),
  fc.uniqueArray(field, { minLength: 1, maxLength: 2 }).map((by): Pipe[] => [{ kind: "uniq", by }]),
  fc
    .tuple(field, fc.integer({ min: 1, max: 5 }))
    .map(([name, most]): Pipe[] => [{ kind: "top", field: name, limit: most }]),
);

const table = fc.tuple(
  first,
  fc.option(sort(recordColumn), { nil: undefined }),
  fc.option(limit, { nil: undefined }),
);
const listed = fc.tuple(
  fc.array(fc.oneof(sort(recordColumn), limit), { maxLength: 3 }),
  fc.option(
    fc
      .uniqueArray(recordColumn, { minLength: 1, maxLength: 4 })
      .map((columns): Pipe => ({ kind: "fields", columns })),
    { nil: undefined },
  ),
);
const pipes: fc.Arbitrary<Pipe[]> = fc.oneof(
  table.map(([head, ...rest]) => [...head, ...rest.filter((pipe) => pipe !== undefined)]),
  listed.map(([head, last]) => (last === undefined ? head : [...head, last])),
);

const filter = fc.oneof(
  fc.constant<Filter>({ kind: "all", of: [] }),
  fc.subarray([...LEVELS]).map((levels): Filter => ({ kind: "level", levels })),
  leaf,
);

describe("pipes against the naive evaluator", () => {
  it("give the same rows from small, merged and half-merged blocks, by headers or in full, in two parts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
        filter,
        pipes,
        layout,
        async (batches, asked, asPipes, how) => {
          const blocks = await readAll(await storeOf(batches, how));
          const matcher = compileFilter(asked);
          const parts = [createAggregation(asPipes), createAggregation(asPipes)];
          for (const [at, { block, rows }] of blocks.entries()) {
            const part = parts[at % 2];
            const { header, namespace } = block;
            const { levels } = matcher;
            if (levels !== undefined && part?.addHeader(header, levels, namespace)) continue;
            part?.addBlock(block, rows, matcher.bind(rows, block));
          }
          const [one, other] = parts;
          if (one === undefined || other === undefined) throw new Error("there are two parts");
          one.merge(structuredClone(other.state()));
          const answer = one.result();
          expect(answer).toMatchObject({ approximate: false, notes: [] });
          const all = blocks.flatMap(({ block, rows }) =>
            Array.from({ length: rows.count }, (_, row) =>
              presentRecord(block.idOf(row), rows.record(row)),
            ),
          );
          const wanted = all.filter((each) => matches(asked, each));
          expect(answer.rows).toEqual(evaluate(asPipes, wanted));
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
