import { civil } from "../time/civil.ts";
import { parsed, type Format } from "./format.ts";

// - 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO text
const line =
  /^(\S+) (\d{9,10}) \d{4}\.\d\d\.\d\d (\S+) (\d{4})-(\d\d)-(\d\d)-(\d\d\.\d\d\.\d\d)\.(\d{6}) (\S+) (\S+) (\S+) ([A-Z]+) (.*)$/s;

/**
 * Blue Gene/L's RAS events. The line has the instant twice: whole seconds since 1970 first, then a local time with
 * microseconds. The seconds need no zone, so they are the timestamp, with the local time's microseconds.
 */
export const bgl: Format = {
  name: "bgl",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [
      ,
      alert,
      seconds,
      location,
      year,
      month,
      day,
      time = "",
      fraction,
      node,
      kind,
      component,
      severity,
      message = "",
    ] = match;
    const local = civil([Number(year), Number(month), Number(day)], time);
    const at = new Date(Number(seconds) * 1000);
    const timestamp = clock.instant({
      year: at.getUTCFullYear(),
      month: at.getUTCMonth() + 1,
      day: at.getUTCDate(),
      hour: at.getUTCHours(),
      minute: at.getUTCMinutes(),
      second: at.getUTCSeconds(),
      offset: 0,
      // The two differ by a second where the event waited; then the fraction is not of this second.
      ...(fraction !== undefined && local.second === at.getUTCSeconds() ? { fraction } : {}),
    });
    if (timestamp === undefined) return undefined;
    return parsed(message, {
      timestamp,
      severity,
      source: component === "NULL" ? undefined : component,
      metadata: { alert, location, node: node === location ? undefined : node, kind },
    });
  },
};
