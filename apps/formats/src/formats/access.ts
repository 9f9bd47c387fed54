import { civil, monthOf, offsetOf } from "../time/civil.ts";
import { parsed, type Format } from "./format.ts";
import type { Level } from "./level.ts";

// 192.0.2.1 - alice [10/Oct/2025:13:55:36 +0200] "GET / HTTP/1.1" 200 2326 "referer" "agent"
const line =
  /^(\S+) (\S+) (\S+) \[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?(.*)$/s;

function levelOfStatus(status: number): Level {
  if (status >= 500) return "ERROR";
  return status >= 400 ? "WARN" : "INFO";
}

/** The access logs of Apache and nginx, common and combined. The message is the request with its status. */
export const access: Format = {
  name: "access",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [
      ,
      client,
      identity,
      user,
      day,
      monthName = "",
      year,
      time = "",
      zone = "",
      request = "",
      status = "",
      bytes,
      referer,
      agent,
      more = "",
    ] = match;
    const timestamp = clock.instant(
      civil([Number(year), monthOf(monthName) ?? NaN, Number(day)], time, {
        offset: offsetOf(zone),
      }),
    );
    if (timestamp === undefined) return undefined;
    return parsed(`${request} ${status}${more}`, {
      timestamp,
      level: levelOfStatus(Number(status)),
      metadata: {
        client,
        identity,
        user,
        status: Number(status),
        bytes: bytes === "-" ? undefined : Number(bytes),
        referer,
        agent,
      },
    });
  },
};
