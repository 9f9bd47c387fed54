import { civil } from "../time/civil.ts";
import type { Level } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// I1011 22:14:15.003456   1234 server.go:42] text
const line = /^([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) +(\d+) ([\w./-]+:\d+)\] (.*)$/s;
const letters: Record<string, Level> = { I: "INFO", W: "WARN", E: "ERROR", F: "FATAL" };

/** klog and glog, as Kubernetes' own components write. It names no year. */
export const klog: Format = {
  name: "klog",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, letter = "", month, day, time = "", fraction, thread, code, message = ""] = match;
    const { year: _, ...withoutYear } = civil([0, Number(month), Number(day)], time, { fraction });
    const timestamp = clock.instant(withoutYear);
    if (timestamp === undefined) return undefined;
    return parsed(message, { timestamp, level: letters[letter], metadata: { thread, code } });
  },
};
