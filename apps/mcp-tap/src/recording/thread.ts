import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";

import { NeuralLogClient, type LogInput } from "@neurallog/client";

import { Recorder } from "../exchange/recorder.ts";
import { LIMITS } from "../limits.ts";
import { Redactor } from "../message/redact.ts";
import type { TapEvent, TapReport } from "../observe/events.ts";
import { Sender, type SenderState } from "../send/sender.ts";
import { Counters } from "./counters.ts";
import { Desk } from "./desk.ts";
import type { RecordingSettings } from "./settings.ts";

/** The thread that reads, redacts and sends: whatever it has to do, forwarding does not wait for it. */
const settings: RecordingSettings = workerData;
const port = parentPort;
if (port === null) throw new Error("this is a thread of the tap, not a program");

stepBack();
const counters = new Counters(settings.counters);
const before = { recorded: counters.get("recorded"), dropped: counters.get("dropped") };
const client = new NeuralLogClient({
  url: settings.url,
  key: settings.key,
  timeoutMs: LIMITS.writeMs,
  // The sender tries again by itself, so that it can say how it goes.
  retries: 0,
  userAgent: "neurallog-mcp-tap",
});
const report = (message: TapReport) => port.postMessage(message);
let lastError: string | undefined;
let toldDropped = 0;

function publish({ recorded, dropped, queued, isConnected }: SenderState): void {
  counters.set("recorded", before.recorded + recorded);
  counters.set("dropped", before.dropped + dropped);
  counters.set("queued", queued);
  counters.set("connected", isConnected === undefined ? 0 : isConnected ? 2 : 1);
}

const sender = new Sender({
  write: (records, options) => client.write(records, options),
  onChange: (state) => {
    const { dropped, error } = state;
    publish(state);
    if (error !== undefined && error !== lastError)
      report({ kind: "error", at: new Date().toISOString(), reason: error });
    lastError = error;
    // Once for each time that it begins: standard error is the server's, and a person's.
    if (dropped > toldDropped && toldDropped === 0)
      report({ kind: "say", text: `records are dropped, the oldest first: ${error ?? ""}` });
    toldDropped = dropped;
  },
  dropNote: (dropped): LogInput => ({
    level: "WARN",
    source: settings.source,
    message: `The tap dropped ${dropped} records that waited too long for the log service`,
    tags: ["mcp"],
    metadata: { kind: "dropped", dropped },
    ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
  }),
});

const recorder = new Recorder({
  source: settings.source,
  namespace: settings.namespace,
  keepUnits: settings.keepUnits,
  redactor: new Redactor(settings.secretFields),
});
const desk = new Desk(recorder, counters, (records) => {
  sender.add(records);
  publish(sender.state);
});

port.on("message", (events: readonly TapEvent[]) => {
  for (const event of events) {
    if (event.kind === "end") void sender.end().then(() => process.exit(0));
    else desk.take(event);
  }
});

/** Where both threads want the same core, forwarding has it: on Linux a thread has a priority of its own. */
function stepBack(): void {
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), 5);
  } catch {
    // Elsewhere they are equals.
  }
}
