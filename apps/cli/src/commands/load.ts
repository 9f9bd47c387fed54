import type { LogInput } from "@neurallog/client";
import {
  type Clock,
  type Format,
  type Line,
  LineSplitter,
  type Numbered,
  RecordReader,
  LINE_LIMITS,
} from "@neurallog/formats";
import { unreadable, type Input } from "../input/open.ts";
import { LIMITS } from "../limits.ts";
import { progressBar } from "../output/progress.ts";
import type { Sender } from "../send/sender.ts";
import type { Context } from "./context.ts";

export interface LoadSettings {
  readonly clock: Clock;
  readonly format: Format | undefined;
  readonly join: boolean;
  /** Adds what the command's options say. */
  readonly finish: (record: LogInput) => LogInput;
}

export interface Loaded {
  readonly name: string;
  readonly lines: number;
  /** Records by the format that they were read as. */
  readonly formats: Readonly<Record<string, number>>;
  /** What was assumed or could not be kept as it was, in words. */
  readonly notes: readonly string[];
}

/** Reads one input to its end, or to Ctrl-C, and hands its records to the sender. */
export async function load(
  input: Input,
  settings: LoadSettings,
  sender: Sender,
  context: Context,
): Promise<Loaded> {
  const reader = new RecordReader(settings);
  const progress = progressBar(process.stderr, input.name, input.size);
  const send = (done: Numbered | undefined) =>
    done === undefined
      ? undefined
      : sender.add({ record: settings.finish(done.record), place: placeOf(input.name, done) });
  // A program that writes now and then is followed by somebody: what it wrote does not wait for the next line.
  let quiet = false;
  const idle = setInterval(() => {
    if (quiet) {
      void Promise.resolve(send(reader.flush())).then(
        () => sender.flush(),
        () => {},
      );
    }
    quiet = true;
  }, LIMITS.idleMs);
  const splitter = new LineSplitter();
  const take = async (lines: readonly Line[]) => {
    quiet = false;
    for (const line of lines) {
      const done = reader.push(line);
      if (done !== undefined) await send(done);
    }
  };
  try {
    for await (const chunk of untilInterrupted(input, context.interrupted)) {
      await take(splitter.push(chunk));
      progress.update(input.read(), sender.accepted);
    }
  } finally {
    clearInterval(idle);
    progress.clear();
    // Of an input that broke, too: what was read is sent.
    await take(splitter.end());
    await send(reader.flush());
  }
  return {
    name: input.name,
    lines: reader.counts.lines,
    formats: Object.fromEntries(reader.formats),
    notes: notesOf(input.name, reader, settings.clock),
  };
}

/** Ends at the signal, also while more is awaited. */
async function* untilInterrupted(input: Input, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.addEventListener("abort", input.stop, { once: true });
  try {
    if (!signal.aborted) yield* input.chunks;
  } catch (error) {
    // A stream that is closed before its end fails whoever reads it.
    if (!signal.aborted) throw unreadable(input.name, error);
  } finally {
    signal.removeEventListener("abort", input.stop);
  }
}

function placeOf(name: string, { from, to }: Numbered): string {
  return from === to ? `${name} line ${from}` : `${name} lines ${from}-${to}`;
}

function notesOf(name: string, reader: RecordReader, clock: Clock): string[] {
  const count = (n: number) => n.toLocaleString("en");
  const { latin1, cut } = reader.counts;
  const { zones, years } = clock.assumed;
  const read = [...reader.formats].map(([format, n]) => `${format} ${count(n)}`).join(", ");
  return [
    `${name}: ${count(reader.counts.lines)} lines, ${read === "" ? "no record" : `read as ${read}`}`,
    ...(zones > 0
      ? [`${name}: ${count(zones)} times name no zone; taken as ${clock.zone.name} (--zone)`]
      : []),
    ...(years > 0
      ? [`${name}: ${count(years)} dates name no year; taken as ${clock.yearRule} (--year)`]
      : []),
    ...(latin1 > 0 ? [`${name}: ${count(latin1)} lines are not UTF-8; taken as Latin-1`] : []),
    ...(cut > 0
      ? [
          `${name}: lines longer than ${count(LINE_LIMITS.lineBytes)} bytes were cut into ${count(cut)} more records`,
        ]
      : []),
  ];
}
