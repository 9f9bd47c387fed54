import { expect, it } from "vitest";

import type { Subject } from "./subject.ts";
import { archivable, commit, HOUR, NOW, query } from "../samples.ts";

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
    const tallies = await reader.tally({ ...query(), by: ["level", "source"] });
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
    const tallies = await reader.tally({ ...query(), by: [{ bucketMs: HOUR }, "namespace"] });
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

  it("counts everything as one group where it is not told by what, and nothing as none", async () => {
    const { move, reader } = subject();
    await move(commit(1, 1, [archivable(), archivable()]));
    expect(await reader.tally({ ...query(), by: [] })).toMatchObject([{ keys: [], count: 2 }]);
    expect(await reader.tally({ ...query({ namespaces: { only: [] } }), by: [] })).toEqual([]);
  });
}
