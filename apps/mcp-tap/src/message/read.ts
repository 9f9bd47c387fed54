import { LIMITS } from "../limits.ts";
import { elementsOf } from "./json-text.ts";
import type { RawMessage } from "./raw.ts";
import { traceOfMeta } from "./trace.ts";

export type MessageKind =
  | "request"
  | "notification"
  | "response"
  | "error"
  /** No JSON, or JSON that is no message. */
  | "invalid"
  /** Too long to be read. */
  | "unread";

/** A message as far as it says what it is. Nothing is refused: what is odd is named. */
export interface Message {
  readonly kind: MessageKind;
  readonly text: string;
  readonly method?: string;
  /** As it is: a number, a text, null, or what it must not be. */
  readonly id?: unknown;
  /** Of a `tools/call`. */
  readonly tool?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** Of its own `_meta`. */
  readonly traceId?: string;
  /** The request that a notification is about, and what its sender calls that request's progress. */
  readonly about?: unknown;
  readonly progressToken?: unknown;
  /** What is odd about it. */
  readonly oddities: readonly string[];
  /** Its place in a batch, from 0, and the size of that. */
  readonly batch?: { readonly at: number; readonly of: number };
}

/** The messages of what came as one: of a batch each member. */
export function readMessages(raw: RawMessage): Message[] {
  const { text, isUtf8 } = decode(raw.bytes);
  const oddities = isUtf8 || !raw.isWhole ? [] : ["not UTF-8"];
  if (!raw.isWhole) return [{ kind: "unread", text, oddities: ["too long to be read"] }];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ kind: "invalid", text, oddities: [...oddities, "not JSON"] }];
  }
  if (!Array.isArray(value)) return [readMessage(value, text, oddities)];
  if (value.length === 0)
    return [{ kind: "invalid", text, oddities: [...oddities, "an empty batch"] }];
  const places = elementsOf(text);
  const of = value.length;
  const members = value.slice(0, LIMITS.batchMembers).map((member: unknown, at) => {
    const [start, end] = places[at] ?? [0, 0];
    return { ...readMessage(member, text.slice(start, end), oddities), batch: { at, of } };
  });
  if (of <= LIMITS.batchMembers) return members;
  const [start] = places[LIMITS.batchMembers] ?? [text.length];
  const more = `${of - LIMITS.batchMembers} more members of the batch, recorded as one`;
  const rest: Message = { kind: "unread", text: text.slice(start), oddities: [...oddities, more] };
  return [...members, { ...rest, batch: { at: LIMITS.batchMembers, of } }];
}

function readMessage(value: unknown, text: string, before: readonly string[]): Message {
  const oddities = [...before];
  if (!isObject(value))
    return { kind: "invalid", text, oddities: [...oddities, "no JSON-RPC message"] };
  if (value["jsonrpc"] !== "2.0") oddities.push('jsonrpc is not "2.0"');
  const known = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);
  const unknown = Object.keys(value).filter((key) => !known.has(key));
  if (unknown.length > 0) oddities.push(`unknown keys: ${short(unknown.join(", "))}`);
  const hasId = Object.hasOwn(value, "id");
  const { id, method, params, result } = value;
  if (hasId && typeof id !== "string" && typeof id !== "number")
    oddities.push(id === null ? "id is null" : "id is neither a number nor a text");
  const common = { text, oddities, ...(hasId ? { id } : {}) };
  if (typeof method === "string") return readCall(method, params, hasId, common);
  if (isObject(value["error"])) return { kind: "error", ...common, error: errorOf(value["error"]) };
  if (Object.hasOwn(value, "result")) {
    const failed = isObject(result) && result["isError"] === true;
    return {
      kind: "response",
      ...common,
      ...(failed ? { error: { code: "tool", message: toolError(result["content"]) } } : {}),
    };
  }
  oddities.push("neither a method, nor a result, nor an error");
  return { kind: "invalid", ...common };
}

function readCall(
  method: string,
  params: unknown,
  hasId: boolean,
  common: Pick<Message, "text" | "oddities" | "id">,
): Message {
  const given = isObject(params) ? params : {};
  const meta = isObject(given["_meta"]) ? given["_meta"] : {};
  const traceId = traceOfMeta(meta);
  const name = given["name"];
  const about = given["requestId"];
  const token = hasId ? meta["progressToken"] : given["progressToken"];
  return {
    kind: hasId ? "request" : "notification",
    ...common,
    method: short(method),
    ...(method === "tools/call" && typeof name === "string" ? { tool: short(name) } : {}),
    ...(traceId === undefined ? {} : { traceId }),
    ...(about === undefined ? {} : { about }),
    ...(token === undefined ? {} : { progressToken: token }),
  };
}

function errorOf({ code, message }: Record<string, unknown>): NonNullable<Message["error"]> {
  return {
    code: short(typeof code === "number" || typeof code === "string" ? String(code) : "none"),
    message: typeof message === "string" ? short(message) : "",
  };
}

/** What a tool that failed says first. */
function toolError(content: unknown): string {
  const parts: unknown[] = Array.isArray(content) ? content : [];
  for (const part of parts)
    if (isObject(part) && typeof part["text"] === "string") return short(part["text"]);
  return "";
}

export function short(text: string): string {
  return text.length <= LIMITS.fieldUnits ? text : `${text.slice(0, LIMITS.fieldUnits - 1)}…`;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

function decode(bytes: Uint8Array): { text: string; isUtf8: boolean } {
  try {
    return { text: strict.decode(bytes), isUtf8: true };
  } catch {
    return { text: lossy.decode(bytes), isUtf8: false };
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
