import type { MessagePort } from "node:worker_threads";

import { toPlain } from "../query/engine/worker/protocol.ts";
import type { LogStore } from "../store/port.ts";
import { FollowDesk } from "./desk.ts";
import { FollowHub } from "./hub.ts";
import type { FromHub, ToHub } from "./line.ts";
import type { FollowSource } from "./port.ts";

/** The hub's side: runs beside a store, for as long as the line is open. */
export function serveFollow(port: MessagePort, store: LogStore): void {
  const send = (message: FromHub) => port.postMessage(message);
  const hub = new FollowHub(store, {
    past: (follower, chunk) => send({ kind: "past", follower, chunk }),
    lost: (follower, records) => send({ kind: "lost", follower, records }),
    joined: (follower, feed) => send({ kind: "joined", follower, feed }),
    live: (feed, chunk) => send({ kind: "live", feed, chunk }),
    failed: (follower, error) => send({ kind: "failed", follower, error: toPlain(error) }),
  });
  port.on("message", (message: ToHub) => {
    switch (message.kind) {
      case "open":
        hub.open(message.follower, message.request);
        return;
      case "taken":
        hub.taken(message.follower);
        return;
      case "close":
        hub.close(message.follower);
    }
  });
  port.on("close", () => hub.stop());
}

/** Follows with a hub in the same thread. */
export function createLocalFollow(store: LogStore): FollowSource {
  return new FollowDesk((output) => new FollowHub(store, output));
}
