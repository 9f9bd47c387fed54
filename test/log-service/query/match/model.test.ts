import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compileFilter } from "../../../../apps/log-service/src/query/match/compile.ts";
import { mayHold } from "../../../../apps/log-service/src/query/match/tokens.ts";
import { presentRecord } from "../../../../apps/log-service/src/record/present.ts";
import { filter, record } from "../arbitrary.ts";
import { readAll } from "../layouts.ts";
import { matches } from "../naive.ts";
import { layout, storeOf } from "../layouts.ts";

describe("a filter against the naive evaluator", () => {
  it("finds the same records in small, merged and half-merged blocks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
        filter,
        layout,
        async (batches, asked, how) => {
          const store = await storeOf(batches, how);
          const matcher = compileFilter(asked);
          for (const { block, rows, tokens } of await readAll(store)) {
            const { header, namespace } = block;
            const selection = matcher.bind(rows, block);
            const every = Array.from({ length: rows.count }, (_, row) => row);
            const wanted = every.map((row) =>
              Number(matches(asked, presentRecord(block.idOf(row), rows.record(row)))),
            );
            const found = every.map((row) =>
              typeof selection === "string" ? Number(selection === "all") : selection[row],
            );
            expect(found).toEqual(wanted);
            if (wanted.includes(1)) {
              expect(matcher.mayMatch(header, namespace)).toBe(true);
              expect(mayHold(matcher.tokens, tokens)).toBe(true);
            }
            if (matcher.matchesAll(header, namespace)) expect(wanted).not.toContain(0);
            const { levels } = matcher;
            if (levels !== undefined) {
              expect(wanted).toEqual(every.map((row) => Number(levels[rows.levels[row] ?? 0])));
            }
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
