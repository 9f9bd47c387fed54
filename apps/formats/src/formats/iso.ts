import { isoAtStart } from "../time/iso.ts";
import { leadingLevel } from "./level.ts";
import { parsed, type Format } from "./format.ts";

const separator = /^(?:\]|:| -| \||,)?\s+/;

/** Any line that starts with an ISO time, in brackets or not, and perhaps a level; the rest is the message. */
export const iso: Format = {
  name: "iso",
  parse(text, clock) {
    const bracket = text.startsWith("[") ? 1 : 0;
    const start = isoAtStart(text.slice(bracket));
    if (start === undefined) return undefined;
    const after = text.slice(bracket + start.length);
    const gap = separator.exec(after);
    // Digits or letters that stick to the time say that it was something else.
    if (gap === null || gap[0].startsWith("]") !== (bracket === 1)) return undefined;
    const timestamp = clock.instant(start.time);
    if (timestamp === undefined) return undefined;
    const rest = after.slice(gap[0].length);
    const level = leadingLevel(rest);
    return parsed(level?.rest ?? rest, { timestamp, severity: level?.word });
  },
};
