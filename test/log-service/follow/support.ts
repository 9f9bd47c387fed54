import { FollowDesk } from "../../../apps/log-service/src/follow/desk.ts";
import { FollowHub } from "../../../apps/log-service/src/follow/hub.ts";
import type {
  FollowChunk,
  FollowRequest,
  FollowSink,
} from "../../../apps/log-service/src/follow/port.ts";
import { EVERYTHING } from "../../../apps/log-service/src/query/filter.ts";
import type { LogStore } from "../../../apps/log-service/src/store/port.ts";

export interface FollowedEvent {
  /** What the next connection says to go on. */
  readonly bookmark: string;
  readonly message: string;
  readonly id: string;
}

/** One connection's events, as they would arrive. */
export class Recorder implements FollowSink {
  readonly events: FollowedEvent[] = [];
  /** Where connections were told that they are, without an event. */
  readonly marks: string[] = [];
  readonly lostRecords: (number | undefined)[] = [];
  readonly failures: string[] = [];
  isJoined = false;

  joined(): void {
    this.isJoined = true;
  }

  past(chunk: FollowChunk): Promise<void> {
    this.live(chunk);
    return Promise.resolve();
  }

  live(chunk: FollowChunk): void {
    const before = this.events.length;
    const text = Buffer.from(chunk.bytes).toString();
    for (const [, bookmark = "", data = ""] of text.matchAll(/id: (.+)\ndata: (.+)\n\n/g)) {
      const { id, message }: { id: string; message: string } = JSON.parse(data);
      this.events.push({ bookmark, message, id });
    }
    for (const [, mark = ""] of text.matchAll(/^id: (.+)\n\n/gm)) this.marks.push(mark);
    if (this.events.length - before !== chunk.events)
      throw new Error("a chunk miscounts its events");
  }

  lost(records: number | undefined): void {
    this.lostRecords.push(records);
  }

  failed(error: Error): void {
    this.failures.push(error.message);
  }

  get messages(): readonly string[] {
    return this.events.map(({ message }) => message);
  }
}

export const EVERYONE: FollowRequest = {
  scope: { names: ["default"], carried: false },
  filter: EVERYTHING,
  format: "sse",
};

/** A hub of its own, as another replica or the same one after a restart. */
export function replica(store: LogStore) {
  const desk = new FollowDesk((output) => new FollowHub(store, output));
  return {
    desk,
    follow: (request: Partial<FollowRequest> = {}) => {
      const recorder = new Recorder();
      return { recorder, ...desk.open({ ...EVERYONE, ...request }, recorder) };
    },
  };
}
