import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createLocalEngine } from "../../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../../apps/log-service/src/query/engine/port.ts";
import type { Question } from "../../../../apps/log-service/src/query/engine/questions.ts";
import { EVERYTHING, valueIs } from "../../../../apps/log-service/src/query/filter.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import type { LogRecord } from "../../../../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { openSite, startSite, type OpenSite, type Site } from "../../archive/postgres/site.ts";
import { NOW } from "../../archive/samples.ts";
import { filter, record } from "../arbitrary.ts";
import { Tiers } from "../tiers.ts";

const SCOPE = { names: ["one", "two"], carried: false };
const COMMITS = 60;

let site: Site;
let open: OpenSite;
let tiers: Tiers;
/** The same records, all in one store. */
let plain: QueryEngine;
let engine: QueryEngine;

beforeAll(async () => {
  site = await startSite();
  open = await openSite(site);
  // Whoever moves takes it.
  await open.hold.release();
  const all = createMemoryStore();
  const hot = createMemoryStore({ compileTombstone: tombstoneMask });
  tiers = new Tiers(hot, open);
  const batches = fc.sample(fc.array(record, { minLength: 1, maxLength: 5 }), {
    numRuns: COMMITS,
    seed: 7,
  });
  for (const [at, batch] of batches.entries()) {
    const stamped = batch.map((each) => ({ ...each, received: NOW + at }));
    await all.append(stamped);
    await hot.append(stamped);
  }
  await tiers.move(20);
  await tiers.drop(NOW + 16);
  plain = createLocalEngine(all);
  engine = tiers.engine();
}, 120_000);
afterAll(async () => {
  await open?.close();
  await site?.stop();
});

async function both(question: Question): Promise<readonly [unknown, unknown]> {
  const how = new Set(["scanned", "covered", "position", "example", "next_cursor"]);
  const told = async (asked: QueryEngine): Promise<unknown> => {
    const answer: object = await asked.ask(question);
    return JSON.parse(
      JSON.stringify(answer, (name, value: unknown) => (how.has(name) ? undefined : value)),
    );
  };
  return [await told(engine), await told(plain)];
}

async function paged(limit: number, order: "asc" | "desc"): Promise<readonly LogRecord[]> {
  const found: LogRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await engine.ask({
      kind: "search",
      scope: SCOPE,
      filter: EVERYTHING,
      order,
      limit,
      cursor,
    });
    found.push(...page.records);
    cursor = page.next_cursor ?? undefined;
    await tiers.move(7);
  } while (cursor !== undefined);
  return found;
}

describe("one search over the hot store and PostgreSQL", () => {
  it("finds with any filter what one store finds, and counts the same", async () => {
    for (const wanted of fc.sample(filter, { numRuns: 150, seed: 11 })) {
      const about = { scope: SCOPE, filter: wanted };
      const search = { kind: "search" as const, ...about, order: "desc" as const, limit: 1_000 };
      const [found, expected] = await both(search);
      expect([wanted, found]).toEqual([wanted, expected]);
      const [counted, count] = await both({ kind: "count", ...about, by: "level" });
      expect([wanted, counted]).toEqual([wanted, count]);
    }
  }, 120_000);

  it("counts by time, source and level as one store does", async () => {
    for (const wanted of [EVERYTHING, valueIs("source", "web"), valueIs("metadata.a", "42")]) {
      const about = { scope: SCOPE, filter: wanted };
      const asked: readonly Question[] = [
        { kind: "histogram", ...about, intervalMs: 60_000 },
        { kind: "histogram", ...about, intervalMs: 7_000 },
        { kind: "facets", ...about, fields: ["level", "source", "namespace"], limit: 10 },
        { kind: "values", ...about, field: "source", limit: 10 },
        { kind: "patterns", ...about, limit: 100 },
        { kind: "trace", ...about, traceId: "t1", limit: 500 },
      ];
      for (const question of asked) {
        const [found, expected] = await both(question);
        expect([question, found]).toEqual([question, expected]);
      }
    }
  });

  it.each(["asc", "desc"] as const)("pages through all while records move, %s", async (order) => {
    const whole = {
      kind: "search",
      scope: SCOPE,
      filter: EVERYTHING,
      order,
      limit: 1_000,
    } as const;
    expect(await paged(17, order)).toEqual((await plain.ask(whole)).records);
  });

  it("answers from the hot store after the server was killed, and from both once it is back", async () => {
    const question = { kind: "count", scope: SCOPE, filter: EVERYTHING } as const;
    const { count } = await engine.ask(question);
    await site.postgres.kill();
    try {
      const alone = await engine.ask(question);
      expect(alone.count).toBeLessThan(count);
      expect(alone).toMatchObject({ warnings: [{ code: "NL_ARCHIVE_UNAVAILABLE" }] });
    } finally {
      await site.postgres.restart();
    }
    await expect
      .poll(async () => engine.ask(question), { timeout: 30_000 })
      .toMatchObject({ count });
  }, 60_000);
});
