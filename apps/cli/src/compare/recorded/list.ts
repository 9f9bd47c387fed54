import { CliError } from "../../errors.ts";
import { drain } from "../drain.ts";
import { isObject, outcomeOf, type Listing, type Outcome } from "../listing.ts";
import { nameOf } from "../live/list.ts";
import { messagesIn, type Recorded } from "./messages.ts";

/** What the records of a tap say of a server's tools: its last list that begins at the beginning, and the last call of each. */
export async function listRecorded(records: readonly unknown[], from: string): Promise<Listing> {
  const messages = messagesIn(records);
  const asked = new Map<string, Recorded>();
  const calls = new Map<string, Outcome>();
  let pages = new Map<string | undefined, Recorded>();
  let greeting: Record<string, unknown> = {};
  for (const message of messages) {
    if (message.direction === "to-server") {
      asked.set(message.exchange, message);
      continue;
    }
    if (message.kind !== "response" && message.kind !== "error") continue;
    const request = asked.get(message.exchange);
    if (message.method === "tools/list" && message.kind === "response") {
      const cursor = cursorOf(request);
      if (cursor === undefined) pages = new Map();
      pages.set(cursor, message);
    } else if (message.method === "tools/call" && message.tool !== undefined) {
      calls.set(message.tool, message.isCut ? cutOutcome(message) : outcomeOf(message.body));
    } else if (message.method === "initialize" && isObject(message.body)) {
      const { result } = message.body;
      if (isObject(result)) greeting = result;
    }
  }
  if (pages.size === 0)
    throw new CliError("CLI_NOT_COMPARED", `${from}: no answer to tools/list is recorded there`);
  const { tools, problems } = await drain(async (cursor) => {
    const page = pages.get(cursor);
    if (page === undefined)
      throw new CliError(
        "CLI_NOT_COMPARED",
        `${from}: the records end before the list does; a query finds the other pages too`,
      );
    if (page.isCut)
      throw new CliError(
        "CLI_NOT_COMPARED",
        `${from}: the tap kept only the beginning of an answer to tools/list: give it more with --keep`,
      );
    return isObject(page.body) ? page.body["result"] : undefined;
  });
  const { protocolVersion } = greeting;
  return {
    from,
    server: nameOf(greeting["serverInfo"]),
    protocol: typeof protocolVersion === "string" ? protocolVersion : "",
    tools,
    calls,
    problems,
  };
}

function cursorOf(request: Recorded | undefined): string | undefined {
  const params = isObject(request?.body) ? request.body["params"] : undefined;
  const cursor = isObject(params) ? params["cursor"] : undefined;
  return typeof cursor === "string" ? cursor : undefined;
}

function cutOutcome({ kind, error }: Recorded): Outcome {
  return kind === "error" ? { kind: "error", text: error } : { kind: "answered", text: "" };
}
