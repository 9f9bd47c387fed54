import { isObject } from "../listing.ts";

/** A message as the tap recorded it. */
export interface Recorded {
  readonly direction: string;
  readonly kind: string;
  readonly method: string | undefined;
  readonly tool: string | undefined;
  /** The same for a request and its answer. */
  readonly exchange: string;
  /** The same for what one client says in one session; over HTTP without sessions, for all that is said there. */
  readonly conversation: string;
  /** undefined where it is no JSON, or not all of it. */
  readonly body: unknown;
  readonly isCut: boolean;
  readonly error: string;
}

interface Parts {
  readonly metadata: Record<string, unknown>;
  readonly texts: string[];
}

/** The messages of a tap's records in the order of their times, those in several parts put together; other records are passed over. */
export function messagesIn(records: readonly unknown[]): Recorded[] {
  const messages = new Map<string, Parts>();
  for (const record of byTime(records)) {
    const metadata = isObject(record) ? record["metadata"] : undefined;
    if (!isObject(record) || !isObject(metadata)) continue;
    const { message, timestamp, trace_id } = record;
    const { connection, direction, sha256, id, batch_at, part } = metadata;
    if (typeof message !== "string" || typeof direction !== "string") continue;
    if (typeof sha256 !== "string") continue;
    const key = JSON.stringify([timestamp, connection, direction, sha256, trace_id, id, batch_at]);
    const known = messages.get(key) ?? { metadata, texts: [] };
    // The first line is for people.
    const text = message.slice(message.indexOf("\n") + 1);
    known.texts[typeof part === "number" && part > 0 && part < 1_000 ? part - 1 : 0] = text;
    messages.set(key, known);
  }
  return [...messages.values()].map(read);
}

/** The tap's times are all of one form, to the microsecond: their text sorts as they do. */
function byTime(records: readonly unknown[]): unknown[] {
  const timeOf = (record: unknown) =>
    isObject(record) && typeof record["timestamp"] === "string" ? record["timestamp"] : "";
  return records.toSorted((a, b) => {
    const [before, after] = [timeOf(a), timeOf(b)];
    return before < after ? -1 : before > after ? 1 : 0;
  });
}

function read({ metadata, texts }: Parts): Recorded {
  const { connection, transport, session, direction, kind, method, tool, id, cut, parts } =
    metadata;
  const isWhole =
    typeof parts !== "number" || texts.filter((text) => text !== undefined).length === parts;
  const body = parsed(texts.join(""));
  return {
    direction: String(direction),
    kind: String(kind),
    method: typeof method === "string" ? method : undefined,
    tool: typeof tool === "string" ? tool : undefined,
    exchange: JSON.stringify([connection, id]),
    // Without a session each exchange is a connection of its own.
    conversation: transport === "http" && session === undefined ? "http" : String(connection),
    body,
    isCut: cut === true || !isWhole || body === undefined,
    error: `${String(metadata["error_code"])}: ${String(metadata["error_message"])}`,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
