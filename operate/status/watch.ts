import { MEMORY_MILLISECONDS, REDRAW_MILLISECONDS } from "../limits.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { follow } from "./follow.ts";
import type { Session } from "./session.ts";
import type { Status } from "./shape.ts";

/**
 * Shows a cluster for as long as the signal lets it: what changes within half a second is shown together.
 * @param show called with the status before, if there was one
 */
export async function watchStatus(
  reader: Reader,
  session: Session,
  show: (status: Status, before: Status | undefined) => void,
  signal: AbortSignal,
): Promise<Status> {
  let last = session.status();
  show(last, undefined);
  let timer: NodeJS.Timeout | undefined;
  const redraw = (): void => {
    timer = undefined;
    const next = session.status();
    if (differs(last, next)) show(next, last);
    last = next;
  };
  const changed = (): void => {
    timer ??= setTimeout(redraw, REDRAW_MILLISECONDS);
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
