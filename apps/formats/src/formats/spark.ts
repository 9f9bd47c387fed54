import { civil, fullYear } from "../time/civil.ts";
import { levelOf } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// 17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: text
const line = /^(\d\d)\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) ([A-Z]+) ([\w.$-]+): (.*)$/s;

export const spark: Format = {
  name: "spark",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, year = "", month, day, time = "", severity = "", source, message = ""] = match;
    if (levelOf(severity) === undefined) return undefined;
    const timestamp = clock.instant(civil([fullYear(year), Number(month), Number(day)], time));
    if (timestamp === undefined) return undefined;
    return parsed(message, { timestamp, severity, source });
  },
};
