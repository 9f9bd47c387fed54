import { civil, monthOf, type CivilTime } from "../time/civil.ts";
import { isoAtStart } from "../time/iso.ts";
import { levelOfSeverity } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// <34>Oct 11 22:14:15 host su[123]: text     or, as rsyslog writes files: 2025-10-11T22:14:15.003+02:00 host su[123]: text
const priority = /^<(\d{1,3})>/;
const classicTime =
  /^([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))? (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? /;
// The process may carry a subsystem, and macOS adds who it speaks for: sshd(pam_unix)[12], sandboxd[129] ([31211])
const process = /^([A-Za-z_][\w./@+-]*(?:\([\w:.-]+\))?)(?:\[(\d+)\])?(?: \(([^()]*)\))?: ?(.*)$/s;

function timeAtStart(text: string): { time: CivilTime; rest: string } | undefined {
  const match = classicTime.exec(text);
  if (match !== null) {
    const [all, monthName = "", day, year, clock = "", fraction] = match;
    const { year: _, ...time } = civil([0, monthOf(monthName) ?? NaN, Number(day)], clock, {
      fraction,
    });
    return {
      time: year === undefined ? time : { ...time, year: Number(year) },
      rest: text.slice(all.length),
    };
  }
  const iso = isoAtStart(text);
  if (iso === undefined || text[10] !== "T" || text[iso.length] !== " ") return undefined;
  return { time: iso.time, rest: text.slice(iso.length + 1) };
}

/** Syslog in its old form (RFC 3164), as daemons send it and as Linux and macOS keep it in files. It names no year. */
export const syslog: Format = {
  name: "syslog",
  parse(text, clock) {
    const [told = "", number] = priority.exec(text) ?? [];
    const value = number === undefined ? undefined : Number(number);
    if (value !== undefined && value > 191) return undefined;
    const start = timeAtStart(text.slice(told.length));
    if (start === undefined) return undefined;
    const space = start.rest.indexOf(" ");
    if (space <= 0) return undefined;
    const host = start.rest.slice(0, space);
    const tail = start.rest.slice(space + 1).trimStart();
    const [, source, pid, actor, message] = process.exec(tail) ?? [];
    // An ISO time is the start of many formats; a process behind a host is what makes it syslog's.
    if (source === undefined && text[told.length + 4] === "-") return undefined;
    const timestamp = clock.instant(start.time);
    if (timestamp === undefined) return undefined;
    return parsed(message ?? tail, {
      timestamp,
      source,
      level: value === undefined ? undefined : levelOfSeverity(value % 8),
      metadata: {
        host,
        pid,
        actor,
        facility: value === undefined ? undefined : Math.floor(value / 8),
      },
    });
  },
};
