import { expect, it } from "vitest";

import { ARCHIVE_LIMITS } from "../../../../apps/log-service/src/archive/limits.ts";
import type { ArchiveHold } from "../../../../apps/log-service/src/archive/port.ts";
import type { Subject } from "./subject.ts";
import { archivable, commit, DAY, HOUR, messagesOf, NOW, WEEK } from "../samples.ts";

/** Hour for hour until nothing is due any more: only a few days go at a time. */
async function tendAll(hold: ArchiveHold, fromMs: number): Promise<void> {
  let nowMs = fromMs;
  while ((await hold.tend(WEEK, nowMs)).troubles.some(({ kind }) => kind === "held")) nowMs += HOUR;
}

export function describeTending(subject: () => Subject): void {
  it("makes room for today, the days ahead, and those back that retention keeps", async () => {
    const { reader } = subject();
    const { days } = await reader.stats();
    expect(days).toHaveLength(1 + 7 + ARCHIVE_LIMITS.daysAhead);
    expect(days[0]).toBe("2026-01-03");
    expect(days.at(-1)).toBe("2026-01-13");
  });

  it("makes nothing twice", async () => {
    const { hold } = subject();
    expect(await hold.tend(WEEK, NOW)).toEqual({ made: 0, dropped: [], troubles: [] });
  });

  it("drops whole days once all of them is too old, by the time received", async () => {
    const { hold, move, reader } = subject();
    await move(
      commit(1, 1, [
        archivable({ message: "old", received: NOW - 7 * DAY, ms: NOW }),
        archivable({ message: "old too", received: NOW - 7 * DAY }),
        archivable({ message: "of an old time", ms: 0 }),
        archivable({ message: "young", received: NOW - 6 * DAY }),
      ]),
    );
    const tended = await hold.tend(WEEK, NOW + 12 * HOUR);
    expect(tended.dropped).toEqual([{ day: "2026-01-03", records: 2 }]);
    expect(tended.made).toBe(1);
    expect((await messagesOf(reader)).toSorted()).toEqual(["of an old time", "young"]);
    expect((await reader.stats()).days[0]).toBe("2026-01-04");
  });

  it("drops also what is too old outside all days", async () => {
    const { hold, move, reader } = subject();
    await move(
      commit(1, 1, [
        archivable({ message: "ancient", received: NOW - 400 * DAY }),
        archivable({ message: "of the future", received: NOW + 400 * DAY }),
      ]),
    );
    await hold.tend(WEEK, NOW);
    expect(await messagesOf(reader)).toEqual(["of the future"]);
  });

  it("keeps what came too early for its day, once that day has come", async () => {
    const { hold, move, reader } = subject();
    const early = NOW + 10 * DAY;
    await move(commit(1, 1, [archivable({ message: "early", received: early })]));
    await tendAll(hold, early);
    expect(await messagesOf(reader)).toEqual(["early"]);
    await tendAll(hold, early + 8 * DAY);
    expect(await messagesOf(reader)).toEqual([]);
  });

  it("keeps everything where no age is told", async () => {
    const { hold, move, reader } = subject();
    await move(commit(1, 1, [archivable({ message: "old", received: NOW - 7 * DAY })]));
    expect(await hold.tend({ ageMs: undefined }, NOW + 30 * DAY)).toMatchObject({
      dropped: [],
      troubles: [],
    });
    expect(await messagesOf(reader)).toEqual(["old"]);
  });

  it("attack: a clock that has gone far ahead takes a few days at a time, and says how many are due", async () => {
    const { hold, move, reader } = subject();
    const received = [-400, -7, -6, -5, -1].map((days) => NOW + days * DAY);
    await move(
      commit(
        1,
        1,
        received.map((at, index) => archivable({ received: at, message: `m${index}` })),
      ),
    );
    const future = NOW + 100 * DAY;
    const first = await hold.tend(WEEK, future);
    expect(first.dropped).toEqual([{ day: "2026-01-03", records: 1 }]);
    expect(await messagesOf(reader)).toEqual(["m2", "m3", "m4"]);
    expect(first.troubles).toEqual([
      { kind: "held", reason: expect.stringMatching(/^10 more days/) },
    ]);
    // Nobody else drops more meanwhile.
    expect((await hold.tend(WEEK, future + HOUR / 2)).dropped).toEqual([]);
    expect(await messagesOf(reader)).toEqual(["m2", "m3", "m4"]);
    const second = await hold.tend(WEEK, future + HOUR);
    expect(second.dropped.map(({ day }) => day)).toEqual(["2026-01-04", "2026-01-05"]);
    expect(await messagesOf(reader)).toEqual(["m4"]);
  });

  it("says what it holds", async () => {
    const { move, reader } = subject();
    await move(
      commit(1, 1, [archivable({ ms: NOW - HOUR }), archivable({ ms: NOW })]),
      commit(2, 1, [archivable({ namespace: "other", ms: 1_001 })]),
    );
    const stats = await reader.stats();
    expect(stats.namespaces.map(({ name }) => name)).toEqual(["default", "other"]);
    expect(stats.namespaces[0]).toMatchObject({
      records: 2,
      oldestMs: NOW - HOUR,
      newestMs: NOW,
    });
    expect(stats.namespaces[1]).toMatchObject({ oldestMs: 1_001, newestMs: 1_001 });
    expect(stats.bytes).toBeGreaterThan(0);
    expect(stats.quarantined).toBe(0);
    expect(Math.abs((stats.lastMoveMs ?? 0) - Date.now())).toBeLessThan(HOUR);
  });
}
