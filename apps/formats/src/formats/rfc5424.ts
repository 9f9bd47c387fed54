import { isoWhole } from "../time/iso.ts";
import { levelOfSeverity } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// <165>1 2025-10-11T22:14:15.003Z host app 123 ID47 [id@32473 key="value"] text
const header = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (?=-|\[)/;
const element = /\[([^\s=\]"]+)((?: [^\s=\]"]+="(?:[^"\\\]]|\\.)*")*)\]/sy;
const parameter = /([^\s=\]"]+)="((?:[^"\\\]]|\\.)*)"/gs;

/** Structured data as flat metadata, `id.key`; and where the message starts. Undefined when it is malformed. */
function structuredData(
  text: string,
  from: number,
): { data: Record<string, string>; end: number } | undefined {
  const data: Record<string, string> = {};
  if (text[from] === "-") return { data, end: from + 1 };
  let end = from;
  for (element.lastIndex = end; ; element.lastIndex = end) {
    const match = element.exec(text);
    if (match === null) break;
    const [all, id = "", parameters = ""] = match;
    for (const [, key = "", value = ""] of parameters.matchAll(parameter)) {
      data[`${id}.${key}`] = value.replace(/\\(["\\\]])/g, "$1");
    }
    end += all.length;
  }
  return end === from ? undefined : { data, end };
}

export const rfc5424: Format = {
  name: "rfc5424",
  parse(text, clock) {
    const match = header.exec(text);
    if (match === null) return undefined;
    const [all, number = "", time = "", host, app, pid, id] = match;
    const value = Number(number);
    const structured = structuredData(text, all.length);
    if (
      value > 191 ||
      structured === undefined ||
      !/^( |$)/.test(text.slice(structured.end, structured.end + 1))
    )
      return undefined;
    const civilTime = isoWhole(time);
    const timestamp = civilTime === undefined ? undefined : clock.instant(civilTime);
    if (timestamp === undefined && time !== "-") return undefined;
    // A byte order mark says UTF-8; the space is what rsyslog kept of an older message, behind its tag.
    return parsed(text.slice(structured.end + 1).replace(/^(?:\uFEFF| )/, ""), {
      timestamp,
      level: levelOfSeverity(value % 8),
      source: app === "-" ? undefined : app,
      metadata: { host, pid, message_id: id, facility: Math.floor(value / 8), ...structured.data },
    });
  },
};
