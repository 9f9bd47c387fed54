import { expect, it } from "vitest";

import type { Subject } from "./subject.ts";
import { archivable, commit, DAY, HOUR, NOW, query } from "../samples.ts";
import type {
  ArchiveReader,
  Tally,
  TallyQuery,
} from "../../../../apps/log-service/src/archive/port.ts";

export function describeTallies(subject: () => Subject): void {
  it("counts by level and source, with the first and the last moment of each group", async () => {
    const { move, reader } = subject();
    await move(
      commit(1, 1, [
        archivable({ level: 2, source: "a", ms: NOW, nanos: 5 }),
        archivable({ level: 2, source: "a", ms: NOW, nanos: 7 }),
        archivable({ level: 2, source: "a", ms: NOW - 1, nanos: 9 }),
        archivable({ level: 4, source: "", ms: NOW }),
      ]),
    );
    const tallies = await tallyOf(reader, { ...query(), by: ["level", "source"] });
    expect(tallies.toSorted((a, b) => b.count - a.count)).toEqual([
      {
        keys: [2, "a"],
        count: 3,
        first: { ms: NOW - 1, nanos: 9 },
        last: { ms: NOW, nanos: 7 },
      },
      { keys: [4, ""], count: 1, first: { ms: NOW, nanos: 0 }, last: { ms: NOW, nanos: 0 } },
    ]);
  });

  it("counts by buckets of time that begin at multiples since the epoch", async () => {
    const { move, reader } = subject();
    const times = [NOW, NOW + HOUR - 1, NOW + HOUR, 0];
    await move(
      commit(
        1,
        1,
        times.map((ms) => archivable({ ms })),
      ),
    );
    const tallies = await tallyOf(reader, { ...query(), by: [{ bucketMs: HOUR }, "namespace"] });
    expect(
      tallies
        .map(({ keys, count }) => [...keys, count])
        .toSorted((a, b) => Number(a[0]) - Number(b[0])),
    ).toEqual([
      [0, "default", 1],
      [NOW, "default", 2],
      [NOW + HOUR, "default", 1],
    ]);
  });

  it("counts by buckets as far from 1970 as times go, and by one that is longer than that", async () => {
    const { move, reader } = subject();
    const far = 9_223_372_036_000;
    await move(commit(1, 1, [archivable({ ms: -far }), archivable({ ms: far, nanos: 999_999 })]));
    for (const bucketMs of [DAY, 1e15]) {
      const tallies = await tallyOf(reader, { ...query(), by: [{ bucketMs }] });
      expect(tallies.map(({ keys }) => keys[0]).toSorted((a, b) => Number(a) - Number(b))).toEqual(
        [-far, far].map((ms) => Math.floor(ms / bucketMs) * bucketMs),
      );
    }
  });

  it("counts by buckets that have their ends and not their starts, to the nanosecond", async () => {
    const { move, reader } = subject();
    const times = [-HOUR, 0, HOUR].flatMap((ms) => [
      archivable({ ms: ms - 1, nanos: 999_999 }),
      archivable({ ms, nanos: 0 }),
      archivable({ ms, nanos: 1 }),
    ]);
    await move(commit(1, 1, times));
    const by = [{ bucketMs: HOUR, isEndIn: true }];
    const tallies = await tallyOf(reader, { ...query(), by });
    expect(
      tallies
        .map(({ keys, count }) => [...keys, count])
        .toSorted((a, b) => Number(a[0]) - Number(b[0])),
    ).toEqual([
      [-2 * HOUR, 2],
      [-HOUR, 3],
      [0, 3],
      [HOUR, 1],
    ]);
  });

  it("says that there are more groups than were asked for, and counts as many as were", async () => {
    const { move, reader } = subject();
    const records = Array.from({ length: 5 }, (_, n) => archivable({ source: `s${n}` }));
    await move(commit(1, 1, records));
    const by = ["source"] as const;
    expect(await reader.tally({ ...query(), by, limit: 4 })).toBeUndefined();
    expect(await reader.tally({ ...query(), by, limit: 5 })).toHaveLength(5);
  });

  it("counts everything as one group where it is not told by what, and nothing as none", async () => {
    const { move, reader } = subject();
    await move(commit(1, 1, [archivable(), archivable()]));
    expect(await reader.tally({ ...query(), by: [] })).toMatchObject([{ keys: [], count: 2 }]);
    expect(await reader.tally({ ...query({ namespaces: { only: [] } }), by: [] })).toEqual([]);
  });
}

async function tallyOf(reader: ArchiveReader, asked: TallyQuery): Promise<readonly Tally[]> {
  const tallies = await reader.tally(asked);
  if (tallies === undefined) throw new Error("there are too many groups");
  return tallies;
}
