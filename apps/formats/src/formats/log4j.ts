import { isoAtStart } from "../time/iso.ts";
import { levelOf } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// 2015-10-18 18:01:47,978 INFO [main] org.example.Class: text
const line = / {1,2}([A-Z]+) +\[([^\]]*(?:\[[^\]]*\][^\]]*)*)\] ([\w.$-]+)(?::| -) (.*)$/sy;

/** Log4j and Logback with level, thread and logger, as Hadoop writes them. */
export const log4j: Format = {
  name: "log4j",
  parse(text, clock) {
    const start = isoAtStart(text);
    if (start === undefined) return undefined;
    line.lastIndex = start.length;
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, severity = "", thread, source, message = ""] = match;
    if (levelOf(severity) === undefined) return undefined;
    const timestamp = clock.instant(start.time);
    if (timestamp === undefined) return undefined;
    return parsed(message, { timestamp, severity, source, metadata: { thread } });
  },
};
