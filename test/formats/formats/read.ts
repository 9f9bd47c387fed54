import type { Format, Parsed } from "../../../apps/formats/src/formats/format.ts";
import { detect } from "../../../apps/formats/src/formats/detect.ts";
import { Clock, type ClockSettings } from "../../../apps/formats/src/time/clock.ts";
import { zoneOf } from "../../../apps/formats/src/time/zone.ts";

const settings: ClockSettings = { zone: zoneOf("UTC"), reference: Date.UTC(2026, 10, 21) };

/** What a format makes of a line, in UTC, on 21 November 2026. */
export function read(format: Format, line: string): Parsed | undefined {
  return format.parse(line, new Clock(settings));
}

/** Which of all formats takes a line. */
export function formatOf(line: string): string {
  return detect(line, new Clock(settings)).format;
}
