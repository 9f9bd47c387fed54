import { isoAtStart } from "../time/iso.ts";
import { levelOf } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// 2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:2181:FastLeaderElection@774] - text
const line = / - ([A-Z]+) +\[(.*?)([\w$.]+)@(\d+)\] - (.*)$/sy;

export const zooKeeper: Format = {
  name: "zookeeper",
  parse(text, clock) {
    const start = isoAtStart(text);
    if (start === undefined) return undefined;
    line.lastIndex = start.length;
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, severity = "", thread = "", source, codeLine, message = ""] = match;
    if (levelOf(severity) === undefined) return undefined;
    const timestamp = clock.instant(start.time);
    if (timestamp === undefined) return undefined;
    return parsed(message, {
      timestamp,
      severity,
      source,
      metadata: { thread: thread.replace(/:+$/, ""), code_line: codeLine },
    });
  },
};
