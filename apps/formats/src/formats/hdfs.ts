import { civil, fullYear } from "../time/civil.ts";
import { parsed, type Format } from "./format.ts";

// 081109 203615 148 INFO dfs.DataNode$PacketResponder: text
const line = /^(\d\d)(\d\d)(\d\d) (\d\d)(\d\d)(\d\d) (\d+) ([A-Z]+) ([\w.$-]+): (.*)$/s;

export const hdfs: Format = {
  name: "hdfs",
  parse(text, clock) {
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, year = "", month, day, hour, minute, second, thread, severity, source, message = ""] =
      match;
    const timestamp = clock.instant(
      civil([fullYear(year), Number(month), Number(day)], `${hour}:${minute}:${second}`),
    );
    if (timestamp === undefined) return undefined;
    return parsed(message, { timestamp, severity, source, metadata: { thread } });
  },
};
