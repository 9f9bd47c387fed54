import type { LogInput } from "@neurallog/client";

import type { Recorder } from "../exchange/recorder.ts";
import { LIMITS } from "../limits.ts";
import { Room, type RawMessage } from "../message/raw.ts";
import { BodyReader } from "../observe/body.ts";
import type { Channel, TapEvent } from "../observe/events.ts";
import { FrameReader } from "../observe/frames.ts";
import { LineReader } from "../observe/lines.ts";
import type { StreamReader } from "../observe/reader.ts";
import { EventReader } from "../observe/server-sent.ts";
import type { Counters } from "./counters.ts";

const READERS = {
  lines: LineReader,
  body: BodyReader,
  events: EventReader,
  frames: FrameReader,
} as const;

interface Open {
  readonly channel: Channel;
  readonly reader: StreamReader;
  hadMessages: boolean;
}

/** Makes records of the events that the forwarding thread tells of. */
export class Desk {
  readonly #recorder: Recorder;
  readonly #counters: Counters;
  readonly #store: (records: readonly LogInput[]) => void;
  readonly #room = new Room();
  readonly #open = new Map<number, Open>();

  constructor(
    recorder: Recorder,
    counters: Counters,
    store: (records: readonly LogInput[]) => void,
  ) {
    this.#recorder = recorder;
    this.#counters = counters;
    this.#store = store;
  }

  take(event: Exclude<TapEvent, { kind: "end" }>): void {
    this.#counters.add("handled", costOf(event));
    if (event.kind === "note") {
      this.#store([this.#recorder.note(event.note, event.at)]);
      return;
    }
    if (event.kind === "open") {
      const { channel, stream } = event;
      const reader = new READERS[channel.framing](this.#room);
      this.#open.set(stream, { channel, reader, hadMessages: false });
      return;
    }
    const open = this.#open.get(event.stream);
    if (open === undefined) return;
    if (event.kind === "gap") open.reader.skip();
    else if (event.kind === "data") this.#record(open, open.reader.push(event.bytes, event.at));
    else {
      this.#open.delete(event.stream);
      this.#record(open, open.reader.end(event.at));
      if (!open.hadMessages) this.#store(this.#recorder.answered(open.channel, event.at));
    }
  }

  #record(open: Open, messages: readonly RawMessage[]): void {
    if (messages.length === 0) return;
    open.hadMessages = true;
    const { channel } = open;
    const isToServer = channel.direction === "to-server";
    this.#counters.add(isToServer ? "messagesToServer" : "messagesToClient", messages.length);
    for (const raw of messages) this.#store(this.#recorder.message(channel, raw));
  }
}

/** What an event takes of the room between the threads. */
export function costOf(event: Exclude<TapEvent, { kind: "end" }>): number {
  return LIMITS.eventBytes + (event.kind === "data" ? event.bytes.length : 0);
}
