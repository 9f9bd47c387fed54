import { NeuralLogError } from "../../errors.ts";
import { property } from "../../shared/property.ts";

/** What the log tool of the other end takes beside the fields that every version of it has. */
export interface LogTool {
  /** Name of the argument for a record's time; undefined where there is none. */
  readonly time: "created_at" | "timestamp" | undefined;
  readonly hasFatal: boolean;
  readonly hasNamespace: boolean;
  readonly hasSpan: boolean;
}

export const LOG_TOOL = "logger_log";
export const PROTOCOL = "2025-11-25";

/** One answer, or one message of the other end's own. */
export interface Incoming {
  readonly id: unknown;
  readonly method: string | undefined;
  readonly result: unknown;
  readonly error: unknown;
}

/** @returns undefined for what is no JSON-RPC message */
export function readMessage(text: string): Incoming | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof message !== "object" || message === null) return undefined;
  const method = property(message, "method");
  return {
    id: property(message, "id"),
    method: typeof method === "string" ? method : undefined,
    result: property(message, "result"),
    error: property(message, "error"),
  };
}

/** The log tool among those that are listed; undefined where it is not there. */
export function findLogTool(result: unknown): LogTool | undefined {
  const tools = property(result, "tools");
  if (!Array.isArray(tools)) return undefined;
  const tool: unknown = tools.find((each: unknown) => property(each, "name") === LOG_TOOL);
  if (tool === undefined) return undefined;
  const properties = property(property(tool, "inputSchema"), "properties");
  const names =
    typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  const levels = property(property(properties, "level"), "enum");
  return {
    time: (["created_at", "timestamp"] as const).find((name) => names.includes(name)),
    hasFatal: !Array.isArray(levels) || levels.includes("FATAL"),
    hasNamespace: names.includes("namespace"),
    hasSpan: names.includes("span_id"),
  };
}

export function nextCursor(result: unknown): string | undefined {
  const cursor = property(result, "nextCursor");
  return typeof cursor === "string" && cursor !== "" ? cursor : undefined;
}

// Every line begins with its time in milliseconds, of 13 digits until the year 2286: `{"timestamp":1763806660123,`
const TIME_AT = '{"timestamp":'.length;
const TIME_END = TIME_AT + 13;
const SPAN = ',"span_id":"';
const FATAL = '"level":"FATAL"';

/** A line of ours as the tool's arguments. */
export function argumentsOf(line: string, tool: LogTool, namespace: string | undefined): string {
  let rest = line.slice(TIME_END + 1);
  if (!tool.hasFatal && rest.startsWith(FATAL)) rest = `"level":"ERROR"${rest.slice(FATAL.length)}`;
  if (!tool.hasSpan && rest.includes(SPAN)) rest = withoutSpan(rest);
  const ms = Number(line.slice(TIME_AT, TIME_END));
  const time = tool.time === undefined ? "" : `"${tool.time}":"${new Date(ms).toISOString()}",`;
  const place =
    namespace === undefined || !tool.hasNamespace
      ? ""
      : `"namespace":${JSON.stringify(namespace)},`;
  return `{${time}${place}${rest}`;
}

/** A span id goes among the data where the tool has no argument for it. */
function withoutSpan(rest: string): string {
  const { span_id, data, ...others }: Record<string, unknown> = JSON.parse(`{${rest}`);
  if (span_id === undefined) return rest;
  const fields = typeof data === "object" ? data : {};
  return JSON.stringify({ ...others, data: { ...fields, span_id } }).slice(1);
}

export type Verdict =
  | { readonly kind: "stored" }
  | { readonly kind: "rejected" }
  /** `isRefusal`: it is the key that is refused. It may be changed, and is not waited for without end. */
  | { readonly kind: "later"; readonly error: NeuralLogError; readonly isRefusal: boolean };

// What may be stored another time: all that the write route answers with 429 or from 500 on, or with 401 or 403 for
// the key. The Python client has the same list.
const PASSING =
  /^(?:NL_(?:RATE_LIMITED|DRAINING|INTERNAL|STORE_\w+|\w+_(?:BUSY|UNAVAILABLE))|NLC_\w+): /;
const KEY_REFUSED = /^NL_(?:KEY_\w+|TOKEN_\w+|UNAUTHENTICATED|FORBIDDEN_(?:ROLE|NAMESPACE)): /;
/** JSON-RPC's `internal error`. Of a server's own numbers, what is said counts: nobody agreed on them. */
const INTERNAL = -32_603;

/** What an answer to a call of the log tool means. */
export function verdictOf({ result, error }: Incoming): Verdict {
  if (error !== undefined) {
    const text = String(property(error, "message"));
    return property(error, "code") === INTERNAL ? later(text) : verdictOfText(text);
  }
  if (property(result, "isError") !== true) return { kind: "stored" };
  const content = property(result, "content");
  const text: unknown = Array.isArray(content) ? property(content[0], "text") : undefined;
  return typeof text === "string" ? verdictOfText(text) : { kind: "rejected" };
}

function verdictOfText(text: string): Verdict {
  if (KEY_REFUSED.test(text)) return later(text, true);
  return PASSING.test(text) ? later(text) : { kind: "rejected" };
}

function later(text: string, isRefusal = false): Verdict {
  const code = /^(NL\w+): /.exec(text)?.[1] ?? "NLC_REJECTED";
  return { kind: "later", error: new NeuralLogError(code, text.slice(0, 300)), isRefusal };
}
