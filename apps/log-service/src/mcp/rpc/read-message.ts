import { parseJSONRPCMessage, type JSONRPCMessage } from "@modelcontextprotocol/server";

/** What is answered to text that is no message. */
export interface Refusal {
  readonly jsonrpc: "2.0";
  /** Null where the message has none that can be used. */
  readonly id: string | number | null;
  readonly error: { readonly code: number; readonly message: string };
}

export const INVALID_REQUEST = -32_600;
/** Of the numbers that JSON-RPC leaves to servers. */
export const SERVER_BUSY = -32_050;
export const PARSE_ERROR = -32_700;

/** Text as JSON, or what to answer. */
export function readJson(
  text: string,
): { readonly value: unknown } | { readonly refusal: Refusal } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { refusal: refuse(null, PARSE_ERROR, "Parse error: the message is not JSON") };
  }
}

/** JSON as a message of the protocol, or what to answer. */
export function readMessage(
  value: unknown,
): { readonly message: JSONRPCMessage } | { readonly refusal: Refusal } {
  if (Array.isArray(value)) {
    const sentence =
      "Invalid request: batches are no part of MCP, send one message after the other";
    return { refusal: refuse(null, INVALID_REQUEST, sentence) };
  }
  try {
    return { message: parseJSONRPCMessage(value) };
  } catch {
    return {
      refusal: refuse(idOf(value), INVALID_REQUEST, "Invalid request: no JSON-RPC 2.0 message"),
    };
  }
}

export function refuse(id: string | number | null, code: number, message: string): Refusal {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

function idOf(value: unknown): string | number | null {
  if (typeof value !== "object" || value === null || !("id" in value)) return null;
  const { id } = value;
  if (typeof id === "string" && id.length <= 256) return id;
  return typeof id === "number" && Number.isSafeInteger(id) ? id : null;
}
