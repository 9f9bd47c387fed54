import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { contains, EVERYTHING } from "../../../../apps/log-service/src/query/filter.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { sampleRecord } from "../../record/sample.ts";
import { readyStore } from "../../store/redis/ready.ts";
import { Tiers } from "../tiers.ts";

const START = Date.UTC(2026, 0, 10, 12);
const COUNT = 240;
const SCOPE = { names: ["default"], carried: false };

let redis: TestRedis;
let store: LogStore;
let tiers: Tiers;

beforeAll(async () => {
  redis = await startRedis();
  const options = { compileTombstone: tombstoneMask, lanes: 2 };
  store = await readyStore(createRedisStore({ url: redis.url }, options));
  tiers = new Tiers(store);
});
afterAll(async () => {
  await store?.close();
  await redis?.stop();
});

const numberOf = ({ message }: { readonly message: string }): number => Number(message.slice(1));

/** All numbers, in the order that they were found. */
async function paged(order: "asc" | "desc", between: () => Promise<unknown>): Promise<number[]> {
  const engine = tiers.engine();
  const found: number[] = [];
  let cursor: string | undefined;
  do {
    const question = { kind: "search", scope: SCOPE, filter: EVERYTHING, order } as const;
    const page = await engine.ask({ ...question, limit: 13, cursor });
    found.push(...page.records.map(numberOf));
    cursor = page.next_cursor ?? undefined;
    await between();
  } while (cursor !== undefined);
  return found;
}

describe("the seam at a Redis whose blocks merge and drop", () => {
  it("loses and repeats nothing, whatever moves and goes between two pages", async () => {
    for (let at = 0; at < COUNT; at += 1) {
      const [ms, received] = [START + ((at * 7_919) % COUNT), START + at];
      await store.append([sampleRecord({ message: `n${at}`, ms, received })]);
      if (at % 60 === 30) await store.merge({ eager: true });
    }
    const all = Array.from({ length: COUNT }, (_, at) => at);
    const byTime = all.toSorted((a, b) => ((a * 7_919) % COUNT) - ((b * 7_919) % COUNT));
    let moved = 0;
    const step = async (): Promise<void> => {
      // Of each of the two lanes; what was received before is archived then.
      await tiers.move(4);
      moved += 4;
      await tiers.drop(START + moved - 4);
      await store.merge({ eager: moved % 3 === 0 });
    };
    expect(await paged("asc", step)).toEqual(byTime);
    const { lanes, blocks } = await store.snapshot(["default"]);
    expect(lanes.flatMap(({ dropped }) => dropped ?? [])).not.toEqual([]);
    expect(blocks).not.toEqual([]);
    expect(await paged("desc", step)).toEqual(byTime.toReversed());
    const engine = tiers.engine();
    const about = { scope: SCOPE, filter: contains("message", "n1", true) };
    const expected = all.filter((at) => String(at).startsWith("1")).length;
    expect(await engine.ask({ kind: "count", ...about })).toMatchObject({ count: expected });
    expect(await engine.ask({ kind: "count", scope: SCOPE, filter: EVERYTHING })).toMatchObject({
      count: COUNT,
    });
  }, 60_000);
});
