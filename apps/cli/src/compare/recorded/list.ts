import { CliError } from "../../errors.ts";
import { drain } from "../drain.ts";
import { isObject, outcomeOf, type Listing, type Outcome } from "../listing.ts";
import { nameOf } from "../live/list.ts";
import { RecordedLists } from "./lists.ts";
import { messagesIn, type Recorded } from "./messages.ts";

/**
 * What the records of a tap say of a server's tools: its last list that is complete, and the last call of each.
 * @throws CliError CLI_NOT_COMPARED where there is none.
 */
export async function listRecorded(records: readonly unknown[], from: string): Promise<Listing> {
  const asked = new Map<string, Recorded>();
  const calls = new Map<string, Outcome>();
  const lists = new RecordedLists();
  const greetings = new Map<string, Record<string, unknown>>();
  let lastGreeting: Record<string, unknown> = {};
  for (const message of messagesIn(records)) {
    const { direction, kind, method, exchange, conversation, body } = message;
    if (direction === "to-server") {
      // A client's answers have ids too: those of the server's own requests.
      if (kind === "request") asked.set(exchange, message);
      continue;
    }
    if (kind !== "response" && kind !== "error") continue;
    if (method === "tools/list" && kind === "response") {
      lists.add(cursorOf(asked.get(exchange)), message);
    } else if (method === "tools/call" && message.tool !== undefined) {
      calls.set(message.tool, message.isCut ? cutOutcome(message) : outcomeOf(body));
    } else if (method === "initialize" && isObject(body) && isObject(body["result"])) {
      lastGreeting = body["result"];
      greetings.set(conversation, lastGreeting);
    }
  }
  const list = lists.last;
  if (list === undefined)
    throw new CliError(
      "CLI_NOT_COMPARED",
      `${from}: no answer to tools/list, from its first page on, is recorded there`,
    );
  let read = 0;
  const { tools, problems } = await drain(async () => {
    const page = list.pages[read];
    read += 1;
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
  // Over HTTP a session has its name only from the answer to `initialize` on.
  const { serverInfo, protocolVersion } = greetings.get(list.conversation) ?? lastGreeting;
  return {
    from,
    server: nameOf(serverInfo),
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
