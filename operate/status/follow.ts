import { setTimeout as sleep } from "node:timers/promises";
import { OperateError } from "../errors.ts";
import { BACKOFF_MILLISECONDS } from "../limits.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { textAt } from "../../tools/values.ts";
import type { Parts } from "./parts.ts";

type AnyPart = Parts[keyof Parts];

/**
 * Keeps every part up to date until the signal ends it: each kind is listed, then watched. A connection that breaks, or
 * an API server that restarts, leaves a gap that says so, and the list begins again after a wait that grows.
 * @param changed called after every change, also of a gap
 */
export async function follow(
  reader: Reader,
  parts: Parts,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(Object.values(parts).map((part) => followPart(reader, part, changed, signal)));
}

async function followPart(
  reader: Reader,
  part: AnyPart,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  let wait = BACKOFF_MILLISECONDS.first;
  while (!signal.aborted) {
    try {
      let version = await part.list(reader, signal);
      changed();
      wait = BACKOFF_MILLISECONDS.first;
      // Each watch goes on where the one before it ended.
      while (!signal.aborted) version = await watchOnce(reader, part, version, changed, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OperateError)) throw error;
      // Too old a version is no fault: the next list is the cure.
      if (error.code !== "watch-expired") {
        part.fail(error);
        changed();
      }
      await pause(wait, signal);
      wait = Math.min(wait * 2, BACKOFF_MILLISECONDS.last);
    }
  }
}

/** @returns the version to go on from */
async function watchOnce(
  reader: Reader,
  part: AnyPart,
  from: string,
  changed: () => void,
  signal: AbortSignal,
): Promise<string> {
  let version = from;
  let events = 0;
  for await (const event of reader.watch(part.kind, {
    ...part.selection,
    version: from,
    signal,
  })) {
    events += 1;
    version = textAt(event.object, "metadata", "resourceVersion") ?? version;
    if (event.type === "BOOKMARK") continue;
    part.apply(event);
    changed();
  }
  // A server that ends every watch at once must not be asked in a loop.
  if (events === 0) await pause(BACKOFF_MILLISECONDS.first, signal);
  return version;
}

/** With some chance in it: ten parts that lost one server must not come back in step. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds * (0.75 + Math.random() / 2), undefined, { signal });
  } catch {
    // The signal: whoever called looks at it.
  }
}
