// A recording thread that dies of the first bytes that it gets, and of nothing once it was started again.
import { parentPort, workerData } from "node:worker_threads";

import { Counters } from "../../../apps/mcp-tap/src/recording/counters.ts";
import { costOf } from "../../../apps/mcp-tap/src/recording/desk.ts";
import type { TapEvent } from "../../../apps/mcp-tap/src/observe/events.ts";

const counters = new Counters(workerData.counters);
const isFirst = counters.get("connected") === 0;
parentPort?.on("message", (events: readonly TapEvent[]) => {
  for (const event of events) {
    if (event.kind === "end") process.exit(0);
    if (isFirst && event.kind === "data") {
      counters.set("connected", 1);
      throw new Error("out of order");
    }
    counters.add("handled", costOf(event));
    if (!isFirst) counters.add("recorded", 1);
  }
});
