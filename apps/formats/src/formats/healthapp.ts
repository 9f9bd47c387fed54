import { civil } from "../time/civil.ts";
import { parsed, type Format } from "./format.ts";

// 20171223-22:15:29:606|Step_LSC|30002312|text     (hours to milliseconds without leading zeros)
const line = /^(\d{4})(\d\d)(\d\d)-(\d{1,2}:\d{1,2}:\d{1,2}):(\d{1,3})\|([^|\s]+)\|(\d+)\|(.*)$/s;

export const healthApp: Format = {
  name: "healthapp",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, year, month, day, time = "", milliseconds = "", source, pid, message = ""] = match;
    const timestamp = clock.instant(
      civil([Number(year), Number(month), Number(day)], time, {
        fraction: milliseconds.padStart(3, "0"),
      }),
    );
    if (timestamp === undefined) return undefined;
    return parsed(message, { timestamp, source, metadata: { pid } });
  },
};
