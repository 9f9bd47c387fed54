import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

import type { Channel, HttpFacts } from "../observe/events.ts";

/** What is recorded of a request over HTTP beside its body. */
export function channelOf(
  incoming: IncomingMessage,
  traceId: string | undefined,
): Omit<Channel, "direction" | "framing"> {
  const session = incoming.headers["mcp-session-id"];
  const hash =
    typeof session === "string"
      ? createHash("sha256").update(session).digest("hex").slice(0, 12)
      : undefined;
  const protocol = incoming.headers["mcp-protocol-version"];
  const http: HttpFacts = {
    httpMethod: incoming.method ?? "",
    path: (incoming.url ?? "").split("?", 1)[0] ?? "",
    contentEncoding: encodingOf(incoming),
    ...(typeof protocol === "string" ? { protocol } : {}),
    ...(hash === undefined ? {} : { session: hash }),
  };
  // Ids are unique in a session; without one a request and its answer share one exchange alone.
  const connection = hash ?? randomUUID().slice(0, 13);
  return { connection, transport: "http", traceId, http };
}

export function encodingOf({ headers }: IncomingMessage): string | undefined {
  const encoding = headers["content-encoding"];
  return encoding === undefined || encoding === "identity" ? undefined : encoding;
}
