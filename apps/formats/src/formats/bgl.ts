import { epochTime } from "../time/epoch.ts";
import { parsed, type Format } from "./format.ts";

// - 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO text
const line =
  /^(\S+) (\d{9,10}) \d{4}\.\d\d\.\d\d (\S+) (\d{4}-\d\d-\d\d-\d\d\.\d\d\.(\d\d)\.(\d{6})) (\S+) (\S+) (\S+) ([A-Z]+) (.*)$/s;

/**
 * Blue Gene/L's RAS events. The line has the instant twice: whole seconds since 1970 first, then a local time with
 * microseconds. The seconds need no zone, so they are the timestamp, with the local time's microseconds.
 */
export const bgl: Format = {
  name: "bgl",
  parse(text) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, alert, epoch = "", location, local, second, micros, node, kind, source, severity] =
      match;
    // The two differ where the event waited; then the microseconds are not of this second.
    const agrees = Number(epoch) % 60 === Number(second);
    const timestamp = epochTime(agrees ? `${epoch}.${micros}` : epoch);
    if (timestamp === undefined) return undefined;
    return parsed(match[11] ?? "", {
      timestamp,
      severity,
      source,
      metadata: {
        alert,
        location,
        node: node === location ? undefined : node,
        kind,
        local_time: agrees ? undefined : local,
      },
    });
  },
};
