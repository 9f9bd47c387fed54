import { isoAtStart } from "../time/iso.ts";
import { levelOf } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// 2016-09-28 04:30:30, Info                  CBS    text
const line = /, ([A-Z][a-z]+) +(?:([A-Z][\w-]*) +)?(.*)$/sy;

/** Windows servicing logs (CBS.log, DISM.log). */
export const windows: Format = {
  name: "windows",
  parse(text, clock) {
    const start = isoAtStart(text);
    if (start === undefined) return undefined;
    line.lastIndex = start.length;
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, severity = "", source, message = ""] = match;
    if (levelOf(severity) === undefined) return undefined;
    const timestamp = clock.instant(start.time);
    if (timestamp === undefined) return undefined;
    return parsed(message, { timestamp, severity, source });
  },
};
