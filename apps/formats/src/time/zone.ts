import { offsetOf } from "./civil.ts";

/** Where a clock without a zone stood: its name, and its offset at an instant. */
export interface Zone {
  readonly name: string;
  /** Minutes east of UTC at `epochMs`. */
  offsetAt(epochMs: number): number;
}

/** The zone of this machine, which is where most log files are read that were written without one. */
export function machineZone(): Zone {
  return namedZone(new Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** `UTC`, an offset such as `+02:00`, or a name such as `Europe/Berlin`; undefined when it is none of these. */
export function zoneOf(text: string): Zone | undefined {
  const offset = offsetOf(text);
  if (offset !== undefined) return { name: text, offsetAt: () => offset };
  try {
    return namedZone(text);
  } catch {
    return undefined;
  }
}

// Offsets change on quarter hours at the earliest, and lines of one file are close to each other.
const bucketMs = 15 * 60_000;

function namedZone(name: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  let bucket = NaN;
  let offset = 0;
  return {
    name,
    offsetAt(epochMs) {
      const wanted = Math.floor(epochMs / bucketMs);
      if (wanted !== bucket) {
        const part = format.formatToParts(epochMs).find(({ type }) => type === "timeZoneName");
        offset = offsetOf(part?.value.replace("GMT", "") || "Z") ?? 0;
        bucket = wanted;
      }
      return offset;
    },
  };
}
