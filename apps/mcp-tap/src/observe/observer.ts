import type { Channel, Note } from "./events.ts";

/** What a relay tells of what it forwards. Nothing of it waits, and nothing of it throws. */
export interface Observer {
  /** The number that names the stream from now on. */
  open(channel: Channel): number;
  /** Bytes that were forwarded; they are copied. */
  data(stream: number, bytes: Uint8Array): void;
  close(stream: number): void;
  note(note: Note): void;
}

/** Now, in ms since the epoch, to the microsecond. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
