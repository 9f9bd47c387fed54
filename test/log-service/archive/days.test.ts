import { expect, it } from "vitest";

import {
  dayOf,
  firstKept,
  readDay,
  wantedDays,
  writeDay,
} from "../../../apps/log-service/src/archive/days.ts";
import { ARCHIVE_LIMITS } from "../../../apps/log-service/src/archive/limits.ts";
import { DAY, NOW } from "./samples.ts";

it("reads a day as it writes it, leap days included", () => {
  for (const text of ["1970-01-01", "2024-02-29", "2026-01-10", "2262-04-11"]) {
    expect(writeDay(readDay(text))).toBe(text);
  }
});

it("keeps a day until its last moment is too old", () => {
  const midnight = readDay("2026-01-10") * DAY;
  expect(writeDay(firstKept(7 * DAY, midnight))).toBe("2026-01-03");
  expect(writeDay(firstKept(7 * DAY, midnight - 1))).toBe("2026-01-02");
});

it("wants no more days back than are of use, however long records are kept", () => {
  const days = wantedDays(400 * DAY, NOW);
  expect(days).toHaveLength(ARCHIVE_LIMITS.daysBack + 1 + ARCHIVE_LIMITS.daysAhead);
  expect(days[ARCHIVE_LIMITS.daysBack]).toBe(dayOf(NOW));
});

it("wants today and what is ahead even where nothing is kept", () => {
  expect(wantedDays(0, NOW)[0]).toBe(dayOf(NOW));
  expect(wantedDays(0, 0)[0]).toBe(0);
});
