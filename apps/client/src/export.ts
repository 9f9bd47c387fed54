import { isRecord } from "./answers.ts";
import { ConnectionError, isPassing, ResponseError } from "./errors.ts";
import { pause } from "./pause.ts";
import { questionPath } from "./query-string.ts";
import type { ExportOptions, ExportParams } from "./questions.ts";
import { property } from "./shared/property.ts";
import type { Transport } from "./transport.ts";
import type { LogRecord } from "./types.ts";

/** Tries without a new record: with waits that double from half a second, a restart is outlived. */
const TRIES = 6;
const FIRST_WAIT_MS = 500;

/** Everything that matches, once each: a stream that breaks is taken up at its last checkpoint. */
export async function* exportRecords(
  transport: Transport,
  params: ExportParams,
  options: ExportOptions,
): AsyncGenerator<LogRecord, void, undefined> {
  const { signal, onCheckpoint } = options;
  const warn = onceEach(options.onWarning);
  let { cursor } = params;
  let done = 0;
  // Since the checkpoint: these come again.
  const given = new Set<string>();
  for (let failures = 0; ; failures += 1) {
    try {
      const limit = params.limit === undefined ? undefined : params.limit - done;
      const lines = transport.lines({
        method: "GET",
        path: questionPath("/api/logs/export", { ...params, cursor, limit }),
        accepts: "application/x-ndjson, application/json",
        signal,
      });
      for await (const text of lines) {
        const line = read(text);
        if (isRecord(line)) {
          if (given.has(line.id)) continue;
          given.add(line.id);
          failures = 0;
          yield line;
        } else {
          const [end, checkpoint] = [property(line, "end"), property(line, "checkpoint")];
          const failed = property(line, "error");
          if (failed !== undefined) throw failure(failed);
          warn(property(end ?? checkpoint, "warnings"));
          if (end !== undefined) return;
          const next = property(checkpoint, "cursor");
          if (typeof next !== "string") continue;
          cursor = next;
          done += given.size;
          given.clear();
          onCheckpoint?.(next);
        }
      }
      throw new ConnectionError("NLC_CUT", "the export was cut before its end");
    } catch (error) {
      const isBroken = isPassing(error) && error.code !== "NLC_ABORTED";
      const isStarted = done + given.size > 0;
      if (!isBroken || !isStarted || failures >= TRIES) throw error;
      await pause(FIRST_WAIT_MS * 2 ** failures, signal);
    }
  }
}

/** Passes on what a list of warnings says, of each code the first. */
function onceEach(tell: ExportOptions["onWarning"]): (warnings: unknown) => void {
  const told = new Set<string>();
  return (warnings) => {
    for (const warning of Array.isArray(warnings) ? warnings : []) {
      const [code, message] = [property(warning, "code"), property(warning, "message")];
      if (typeof code !== "string" || typeof message !== "string" || told.has(code)) continue;
      told.add(code);
      tell?.({ code, message });
    }
  };
}

/** What the service says where it cannot go on: the status was sent long before. */
function failure(told: unknown): ResponseError {
  const [code, message] = [property(told, "code"), property(told, "message")];
  return new ResponseError(
    503,
    typeof code === "string" ? code : "NLC_NOT_NEURALLOG",
    typeof message === "string" ? message : "the export failed",
  );
}

/** Half a line is where a proxy cut the stream and ended it in good order. */
function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConnectionError("NLC_CUT", "the export was cut within a line", error);
  }
}
