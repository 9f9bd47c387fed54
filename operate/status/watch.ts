import { MEMORY_MILLISECONDS, REDRAW_MILLISECONDS } from "../limits.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { follow } from "./follow.ts";
import type { Session } from "./session.ts";
import type { Status } from "./shape.ts";

/**
 * Shows a cluster for as long as the signal lets it: what changes within half a second is shown together.
 * @param show   called with the status before, if there was one
 * @param always also where only time has passed, as a clock on a screen does
 */
export async function watchStatus(
  reader: Reader,
  session: Session,
  show: (status: Status, before: Status | undefined) => void,
  signal: AbortSignal,
  always = false,
): Promise<Status> {
  let last = session.status();
  show(last, undefined);
  let timer: NodeJS.Timeout | undefined;
  let took = 0;
  const redraw = (): void => {
    timer = undefined;
    const began = performance.now();
    const next = session.status();
    if (always || differs(last, next)) show(next, last);
    last = next;
    took = performance.now() - began;
  };
  const changed = (): void => {
    // A thousand tenants take a quarter of a second: a cluster in which something always changes must not cost a core.
    timer ??= setTimeout(redraw, Math.max(REDRAW_MILLISECONDS, took * 5));
  };
  let reading = false;
  const besides = setInterval(() => {
    if (reading) return;
    reading = true;
    void session
      .readBesides()
      .then(changed)
      .finally(() => (reading = false));
  }, MEMORY_MILLISECONDS);
  try {
    await follow(reader, session.parts, changed, signal);
  } finally {
    clearTimeout(timer);
    clearInterval(besides);
  }
  return session.status();
}

/** Time passes; that alone is no change. */
const differs = (a: Status, b: Status): boolean =>
  JSON.stringify({ ...a, at: "" }) !== JSON.stringify({ ...b, at: "" });
