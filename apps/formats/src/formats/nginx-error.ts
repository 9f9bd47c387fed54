import { civil } from "../time/civil.ts";
import { parsed, type Format } from "./format.ts";

// 2025/10/10 13:55:36 [error] 123#4: *5 text
const line = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) \[(\w+)\] (\d+)#(\d+): (?:\*(\d+) )?(.*)$/s;

export const nginxError: Format = {
  name: "nginx-error",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, year, month, day, time = "", severity, pid, thread, connection, message = ""] = match;
    const timestamp = clock.instant(civil([Number(year), Number(month), Number(day)], time));
    if (timestamp === undefined) return undefined;
    return parsed(message, { timestamp, severity, metadata: { pid, thread, connection } });
  },
};
