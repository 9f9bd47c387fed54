import type { Json, LogInput, NeuralLogClient } from "@neurallog/client";
import { Clock, formats, type Zone } from "@neurallog/formats";
import { CliError, EXIT } from "../errors.ts";
import { file, standardInput, type Input } from "../input/open.ts";
import { LIMITS } from "../limits.ts";
import { harmlessJson, harmlessLine } from "../output/terminal.ts";
import { Sender, type Outgoing, type Write } from "../send/sender.ts";
import type { Context } from "./context.ts";
import { load, type Loaded } from "./load.ts";

export interface LogOptions {
  readonly level?: string;
  readonly source?: string;
  readonly tag?: string[];
  readonly traceId?: string;
  readonly spanId?: string;
  readonly metadata?: Record<string, string>;
  readonly namespace?: string;
  readonly timestamp?: string;
  readonly file?: string[];
  readonly format: string;
  readonly join: boolean;
  readonly zone: Zone;
  readonly year?: number;
  readonly dryRun?: boolean;
  readonly ids?: boolean;
  readonly json?: boolean;
}

/** Sends one message, or every line of files or of standard input. `connect` is asked only when something is sent. */
export async function log(
  connect: () => NeuralLogClient,
  words: readonly string[],
  options: LogOptions,
  context: Context,
): Promise<number> {
  const ids: string[] = [];
  const keepsIds = options.json === true || words.length > 0;
  const sender = new Sender(writer(connect, options, context), async (stored) => {
    // At once, so that whoever reads along knows what is stored even if this process is killed.
    if (options.ids === true) await context.out.write(stored.map((id) => `${id}\n`).join(""));
    else if (keepsIds) ids.push(...stored);
  });
  const loaded: Loaded[] = [];
  let failure: unknown;
  if (words.length > 0) await sender.add(single(words, options));
  else {
    try {
      for (const input of inputs(options)) {
        loaded.push(await load(input, settings(input, options), sender, context));
      }
    } catch (error) {
      // What was read of a file before it broke is sent, and told of, all the same.
      failure = error;
    }
  }
  await sender.finish();
  if (failure === undefined || sender.accepted > 0) {
    await report({ ids, sender, loaded }, options, context);
  }
  if (failure !== undefined) throw failure;
  if (context.interrupted.aborted) return EXIT.interrupted;
  return sender.rejections > 0 ? EXIT.rejected : EXIT.ok;
}

function single(words: readonly string[], options: LogOptions): Outgoing {
  if (options.file !== undefined)
    throw new CliError("CLI_USAGE", "give a message or --file, not both");
  const { timestamp } = options;
  const record = { message: words.join(" "), ...(timestamp === undefined ? {} : { timestamp }) };
  return { record: withDefaults(record, options), place: "the message" };
}

function inputs(options: LogOptions): Input[] {
  if (options.file !== undefined)
    return options.file.map((path) => (path === "-" ? standardInput() : file(path)));
  // A person who typed only `neurallog log` would wait for ever.
  if (process.stdin.isTTY)
    throw new CliError("CLI_NO_MESSAGE", "give a message, --file, or lines on standard input");
  return [standardInput()];
}

function settings(input: Input, options: LogOptions) {
  return {
    clock: new Clock({ zone: options.zone, year: options.year, reference: input.modified }),
    format: formats.find(({ name }) => name === options.format),
    join: options.join,
    finish: (record: LogInput) => withDefaults(record, options),
  };
}

/** What the options say holds for records that do not say it themselves; tags and metadata are added. */
function withDefaults(record: LogInput, options: LogOptions): LogInput {
  const level = record.level ?? options.level;
  const source = record.source ?? options.source;
  const trace_id = record.trace_id ?? options.traceId;
  const span_id = record.span_id ?? options.spanId;
  const tags = [...(record.tags ?? []), ...(options.tag ?? [])];
  const metadata: { readonly [key: string]: Json } = { ...options.metadata, ...record.metadata };
  return {
    ...record,
    ...(level === undefined ? {} : { level }),
    ...(source === undefined ? {} : { source }),
    ...(trace_id === undefined ? {} : { trace_id }),
    ...(span_id === undefined ? {} : { span_id }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

function writer(connect: () => NeuralLogClient, options: LogOptions, context: Context): Write {
  if (options.dryRun === true) {
    return async (records) => {
      await context.out.write(records.map((record) => `${harmlessJson(record)}\n`).join(""));
      return { accepted: records.length, rejected: [], ids: [] };
    };
  }
  const client = connect();
  const { namespace } = options;
  return (records, idempotencyKey) =>
    client.write(records, { idempotencyKey, ...(namespace === undefined ? {} : { namespace }) });
}

interface Outcome {
  readonly ids: readonly string[];
  readonly sender: Pick<Sender, "accepted" | "rejections" | "rejected">;
  readonly loaded: readonly Loaded[];
}

async function report(outcome: Outcome, options: LogOptions, context: Context): Promise<void> {
  const { ids, loaded } = outcome;
  const { accepted, rejections, rejected } = outcome.sender;
  for (const { place, code, message } of rejected.slice(0, LIMITS.namedRejections)) {
    context.say(`${harmlessLine(place)} was rejected: ${harmlessLine(message)} (${code})`);
  }
  const unnamed = rejections - LIMITS.namedRejections;
  if (unnamed > 0)
    context.say(`and ${unnamed.toLocaleString("en")} more were rejected; --json lists them`);
  if (options.json === true && options.dryRun !== true && options.ids !== true) {
    await context.out.write(`${harmlessJson({ accepted, rejected, ids, inputs: loaded })}\n`);
    return;
  }
  for (const { notes } of loaded) for (const note of notes) context.say(harmlessLine(note));
  if (options.dryRun === true || options.ids === true) return;
  if (loaded.length === 0) await context.out.write(ids.map((id) => `stored ${id}\n`).join(""));
  else
    await context.out.write(
      `stored ${accepted.toLocaleString("en")} ${accepted === 1 ? "record" : "records"}\n`,
    );
}
