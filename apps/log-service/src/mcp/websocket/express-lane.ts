import type { CallToolResult } from "@modelcontextprotocol/server";

import type { ToolNames } from "../../config/fields.ts";
import { inTrace, type Trace } from "../../observe/trace.ts";
import { isObject } from "../../record/record.ts";
import type { LogApi } from "../log-api.ts";
import { nameOf, WRITING_TOOLS } from "../tools/all.ts";
import { runTool } from "../tools/run-tool.ts";
import type { ReportFailure } from "../tools/tool-failure.ts";
import type { Tool } from "../tools/tool.ts";
import { traceOfMeta } from "../trace.ts";

export interface ExpressDeps {
  readonly api: LogApi;
  readonly toolNames: ToolNames;
  readonly report: ReportFailure;
  readonly trace: Trace | undefined;
  /** Fires when the connection ends. */
  readonly signal: AbortSignal;
}

/** A call of a writing tool in its plainest form: any other is the SDK's. */
interface PlainCall {
  readonly id: string | number;
  readonly tool: Tool;
  readonly args: unknown;
  readonly meta: object | undefined;
  /** What the client says of itself in each request of the newest specification; empty before it. */
  readonly envelope: string;
}

export interface ExpressCall {
  readonly id: string | number;
  /** The result as the SDK would send it. */
  run(): Promise<object>;
}

const CALL_MEMBERS = new Set(["jsonrpc", "id", "method", "params"]);
const PARAMETERS = new Set(["name", "arguments", "_meta"]);
const ENVELOPE = "io.modelcontextprotocol/";

/**
 * A program's log calls past the SDK, which checks each message some six times: 10 times what the
 * call itself takes. It answers the first call of a connection; calls that are like it in all but
 * their arguments, id and trace then get what it made of its answer, around their own. Arguments
 * are read with the tool's own schema; what is not valid goes to the SDK, which says so.
 */
export class ExpressLane {
  readonly #deps: ExpressDeps;
  readonly #tools: ReadonlyMap<string, Tool>;
  /** How the SDK frames a result, by the envelope of the requests that it does so for. */
  #learned: { readonly envelope: string; readonly frame: object } | undefined;

  constructor(deps: ExpressDeps) {
    this.#deps = deps;
    this.#tools = new Map(WRITING_TOOLS.map((tool) => [nameOf(tool, deps.toolNames), tool]));
  }

  /** Undefined for what the SDK has to answer. */
  take(value: unknown): ExpressCall | undefined {
    const learned = this.#learned;
    if (learned === undefined) return undefined;
    const call = this.#plain(value);
    if (call === undefined || call.envelope !== learned.envelope) return undefined;
    const work = call.tool.prepare(call.args);
    if (work === undefined) return undefined;
    const { api, signal } = this.#deps;
    const trace = traceOfMeta(call.meta) ?? this.#deps.trace;
    return {
      id: call.id,
      run: async () => ({
        ...(await inTrace(trace, () => runTool(this.#deps, () => work(api, { signal, trace })))),
        ...learned.frame,
      }),
    };
  }

  /** Told of each request that the SDK answered. */
  learn(request: unknown, result: unknown): void {
    if (this.#learned !== undefined) return;
    const call = this.#plain(request);
    if (call === undefined || !isSuccess(result)) return;
    const { content: _content, structuredContent: _structured, ...frame } = result;
    this.#learned = { envelope: call.envelope, frame };
  }

  #plain(value: unknown): PlainCall | undefined {
    if (!isObject(value) || value["jsonrpc"] !== "2.0" || value["method"] !== "tools/call") {
      return undefined;
    }
    const { id, params } = value;
    if (typeof id !== "string" && !Number.isSafeInteger(id)) return undefined;
    if (typeof id !== "string" && typeof id !== "number") return undefined;
    if (!isObject(params) || !hasOnly(value, CALL_MEMBERS) || !hasOnly(params, PARAMETERS)) {
      return undefined;
    }
    const { name, arguments: args, _meta: meta } = params;
    const tool = typeof name === "string" ? this.#tools.get(name) : undefined;
    if (tool === undefined || !isObject(args)) return undefined;
    if (meta === undefined) return { id, tool, args, meta, envelope: "" };
    if (!isObject(meta)) return undefined;
    const envelope = envelopeOf(meta);
    return envelope === undefined ? undefined : { id, tool, args, meta, envelope };
  }
}

/** Undefined if there is more in it than a plain call has. */
function envelopeOf(meta: Readonly<Record<string, unknown>>): string | undefined {
  let text = "";
  for (const key of Object.keys(meta)) {
    const value = meta[key];
    if (key.startsWith(ENVELOPE)) text += `${key} ${JSON.stringify(value)}\n`;
    else if (key !== "traceparent" || typeof value !== "string") return undefined;
  }
  return text;
}

function isSuccess(result: unknown): result is CallToolResult {
  return isObject(result) && Array.isArray(result["content"]) && result["isError"] === undefined;
}

function hasOnly(value: object, known: ReadonlySet<string>): boolean {
  for (const key of Object.keys(value)) if (!known.has(key)) return false;
  return true;
}
