import type { IncomingMessage } from "node:http";
import { failure } from "../errors.ts";
import { MAX_EVENT_BYTES, WATCH_SECONDS } from "../limits.ts";
import { answerFailure, connectionFailure } from "./failures.ts";
import { pathOf, type Kind } from "./kinds.ts";
import { parse, parsed, queryOf, type Selection } from "./requests.ts";
import type { Transport } from "./transport.ts";
import { at, numberAt, textAt } from "../../tools/values.ts";

export type WatchEvent = {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: unknown;
};

const TYPES: readonly string[] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"];

/**
 * The events of one watch request. It ends when the server ends it; a connection that broke or a version
 * that is too old is an error (`server-down`, `watch-expired`).
 */
export async function* watchEvents(
  transport: Transport<"GET">,
  kind: Kind,
  selection: Selection & { version: string },
  what: string,
): AsyncGenerator<WatchEvent> {
  const { access } = transport;
  const asked = { verb: "watch", what };
  const query = queryOf(selection, {
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion: selection.version,
    timeoutSeconds: String(WATCH_SECONDS),
  });
  const response = await transport.stream({
    method: "GET",
    path: `${pathOf(kind, selection.namespace)}?${query}`,
    asked,
    ...(selection.signal === undefined ? {} : { signal: selection.signal }),
  });
  // A half-open connection says nothing for ever: bookmarks come every minute.
  response.setTimeout((WATCH_SECONDS + 30) * 1000, () => response.destroy());
  const status = response.statusCode ?? 0;
  try {
    if (status !== 200) {
      let text = "";
      for await (const line of linesOf(response, what)) text += line;
      throw answerFailure(status, parsed(text), asked, access.user);
    }
    for await (const line of linesOf(response, what)) {
      const event = parse(line, what);
      const type = textAt(event, "type") ?? "";
      const object = at(event, "object");
      if (type === "ERROR") {
        throw answerFailure(numberAt(object, "code") ?? 500, object, asked, access.user);
      }
      if (isType(type)) yield { type, object };
    }
  } catch (error) {
    throw connectionFailure(access.server, error);
  } finally {
    response.destroy();
  }
}

const isType = (type: string): type is WatchEvent["type"] => TYPES.includes(type);

async function* linesOf(response: IncomingMessage, what: string): AsyncGenerator<string> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    let rest = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      yield Buffer.concat([...chunks, rest.subarray(0, end)]).toString("utf8");
      chunks = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
    }
    if (rest.length === 0) continue;
    bytes += rest.length;
    if (bytes > MAX_EVENT_BYTES) throw failure("answer-too-large", { what, max: MAX_EVENT_BYTES });
    chunks.push(rest);
  }
  if (chunks.length > 0) yield Buffer.concat(chunks).toString("utf8");
}
