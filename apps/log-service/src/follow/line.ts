import type { MessagePort } from "node:worker_threads";

import { ServiceError } from "../errors.ts";
import { fromPlain, type PlainError } from "../query/engine/worker/protocol.ts";
import { FollowDesk, type HubInput } from "./desk.ts";
import type { HubOutput } from "./hub.ts";
import type { FollowChunk, FollowRequest, FollowSource } from "./port.ts";

/** The name under which a thread offers its hub. */
export const FOLLOW_SERVICE = "follow";

export type ToHub =
  | { readonly kind: "open"; readonly follower: number; readonly request: FollowRequest }
  | { readonly kind: "taken" | "close"; readonly follower: number };

export type FromHub =
  | { readonly kind: "past"; readonly follower: number; readonly chunk: FollowChunk }
  | { readonly kind: "lost"; readonly follower: number; readonly records: number | undefined }
  | { readonly kind: "joined"; readonly follower: number; readonly feed: number }
  | { readonly kind: "live"; readonly feed: number; readonly chunk: FollowChunk }
  | { readonly kind: "failed"; readonly follower: number; readonly error: PlainError };

/**
 * Follows with a hub in another thread.
 * @param open Opens a line to it; called at the first follower, and again after the thread ended.
 */
export function createFollow(open: () => MessagePort): FollowSource {
  let port: MessagePort | undefined;
  const line = (output: HubOutput): MessagePort => {
    if (port !== undefined) return port;
    const opened = open();
    port = opened;
    opened.on("message", (message: FromHub) => tell(output, message));
    opened.on("close", () => {
      port = undefined;
      desk.reset(new ServiceError("NL_QUERY_FAILED"));
    });
    return opened;
  };
  const desk = new FollowDesk((output): HubInput => {
    const send = (message: ToHub) => line(output).postMessage(message);
    return {
      open: (follower, request) => send({ kind: "open", follower, request }),
      taken: (follower) => send({ kind: "taken", follower }),
      close: (follower) => port?.postMessage({ kind: "close", follower } satisfies ToHub),
    };
  });
  return desk;
}

function tell(output: HubOutput, message: FromHub): void {
  switch (message.kind) {
    case "past":
      output.past(message.follower, message.chunk);
      return;
    case "lost":
      output.lost(message.follower, message.records);
      return;
    case "joined":
      output.joined(message.follower, message.feed);
      return;
    case "live":
      output.live(message.feed, message.chunk);
      return;
    case "failed":
      output.failed(message.follower, fromPlain(message.error));
  }
}
