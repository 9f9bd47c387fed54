import { describe, expect, it } from "vitest";
import { zooKeeper } from "../../../apps/formats/src/formats/zookeeper.ts";
import { formatOf, read } from "./read.ts";

describe("ZooKeeper logs", () => {
  it("reads thread, class and code line", () => {
    const line =
      "2020-03-03 09:10:11,747 - WARN  [Peer[myid=1]/0:0:0:0:2181:Election@774] - late: 3200";
    expect(read(zooKeeper, line)).toEqual({
      message: "late: 3200",
      timestamp: "2020-03-03T09:10:11.747Z",
      level: "WARN",
      source: "Election",
      metadata: { thread: "Peer[myid=1]/0:0:0:0:2181", code_line: "774" },
    });
    expect(formatOf(line)).toBe("zookeeper");
  });
});
