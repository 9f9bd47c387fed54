import { civil, monthOf } from "../time/civil.ts";
import { parsed, type Format } from "./format.ts";

// [Sun Dec 04 04:47:44.123456 2005] [core:notice] [pid 12:tid 34] [client 192.0.2.1:80] text
const line =
  /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? (\d{4})\] \[(?:([\w-]*):)?(\w+)\] (?:\[pid (\d+)(?::tid (\d+))?\] )?(?:\[client ([^\]\s]+)\] )?(.*)$/s;

/** Apache's error log, of 2.2 and of 2.4. */
export const apacheError: Format = {
  name: "apache-error",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [
      ,
      monthName = "",
      day,
      time = "",
      fraction,
      year,
      module,
      severity,
      pid,
      thread,
      client,
      message = "",
    ] = match;
    const timestamp = clock.instant(
      civil([Number(year), monthOf(monthName) ?? NaN, Number(day)], time, { fraction }),
    );
    if (timestamp === undefined) return undefined;
    return parsed(message, {
      timestamp,
      severity,
      source: module || undefined,
      metadata: { pid, thread, client },
    });
  },
};
