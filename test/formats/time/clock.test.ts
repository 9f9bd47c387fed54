import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Clock } from "../../../apps/formats/src/time/clock.ts";
import { isoWhole } from "../../../apps/formats/src/time/iso.ts";
import { zoneOf } from "../../../apps/formats/src/time/zone.ts";

const reference = Date.UTC(2026, 10, 21);

function instant(text: string, zone = "UTC"): string | undefined {
  const time = isoWhole(text);
  return time && new Clock({ zone: zoneOf(zone), reference }).instant(time);
}

const midnight = (month: number, day: number) => ({ month, day, hour: 0, minute: 0, second: 0 });

describe("the clock", () => {
  it("keeps the sender's digits, whatever the zone", () => {
    expect(instant("2024-01-02T03:04:05.123456789+05:30")).toBe("2024-01-01T21:34:05.123456789Z");
    expect(instant("2024-01-02 03:04:05,1 -0800")).toBe("2024-01-02T11:04:05.1Z");
  });

  it("takes the named zone for times without one, in summer and in winter", () => {
    expect(instant("2024-07-01 12:00:00", "Europe/Berlin")).toBe("2024-07-01T10:00:00Z");
    expect(instant("2024-01-01 12:00:00", "Europe/Berlin")).toBe("2024-01-01T11:00:00Z");
    expect(instant("2024-01-01 12:00:00", "-03:30")).toBe("2024-01-01T15:30:00Z");
  });

  it("reads an hour that the change to summer time leaves out", () => {
    expect(instant("2024-03-31 02:30:00", "Europe/Berlin")).toMatch(/^2024-03-31T0[01]:30:00Z$/);
  });

  it.each([
    "2024-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-13-01T00:00:00Z",
  ])("refuses %s, which no calendar has", (text) => {
    expect(instant(text)).toBeUndefined();
  });

  it("agrees with Date on every instant that it can be asked for", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date("2262-01-01"), noInvalidDate: true }),
        (date) => {
          expect(instant(date.toISOString())).toBe(date.toISOString());
        },
      ),
    );
  });

  it("counts what it assumes", () => {
    const clock = new Clock({ zone: zoneOf("UTC"), reference });
    clock.instant(midnight(6, 1));
    clock.instant({ ...midnight(6, 1), year: 2020 });
    clock.instant({ ...midnight(6, 1), year: 2020, offset: 60 });
    clock.instant({ ...midnight(2, 30), year: 2020 });
    expect(clock.assumed).toEqual({ years: 1, zones: 2 });
  });

  it("moves to the next year from a December to a January when the first year was given", () => {
    const clock = new Clock({ zone: zoneOf("UTC"), year: 2005, reference });
    const years = [midnight(11, 30), midnight(12, 31), midnight(1, 1), midnight(3, 1)].map((time) =>
      clock.instant(time)?.slice(0, 4),
    );
    expect(years).toEqual(["2005", "2005", "2006", "2006"]);
  });

  it("gives a sender whose clock is ahead a day before it means last year", () => {
    const clock = new Clock({ zone: zoneOf("UTC"), reference });
    expect(clock.instant(midnight(11, 22))).toBe("2026-11-22T00:00:00Z");
    expect(clock.instant(midnight(11, 23))).toBe("2025-11-23T00:00:00Z");
  });
});

describe("zones", () => {
  it.each(["Mars/Olympus", "+25:00", "", "../../etc/passwd"])("refuses '%s'", (text) => {
    expect(zoneOf(text)).toBeUndefined();
  });
});
