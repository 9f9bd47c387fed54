import type {
  CallToolResult,
  McpServer,
  StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import type { z } from "zod";

import type { Call, LogApi } from "../log-api.ts";
import { withOneType } from "./one-type.ts";

/** A tool's answer for a model, in both forms; each is complete by itself. */
export interface ForModel<O> {
  readonly text: string;
  readonly output: O;
  /** Nothing of what was asked for was done. */
  readonly isError?: boolean;
}

/** All four are said on every tool: what the protocol assumes of silence is 'destructive, open world'. */
export interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export const READS: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
export const ADDS: Annotations = { ...READS, readOnlyHint: false, idempotentHint: false };
export const SETS: Annotations = { ...READS, readOnlyHint: false };
export const CLEARS: Annotations = { ...SETS, destructiveHint: true };

export interface ToolSpec<I extends z.ZodObject, O extends z.ZodObject> {
  /** `neurallog.search` is `neurallog_search` where clients refuse a dot. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly annotations: Annotations;
  answer(api: LogApi, input: z.output<I>, call: Call): Promise<ForModel<z.output<O>>>;
}

/** Does the work once the arguments are read, and turns what is thrown into an answer. */
export type Run = (
  work: (api: LogApi, call: Call) => Promise<ForModel<object>>,
  context: ToolContext,
) => Promise<CallToolResult>;

/** What of the SDK's context a tool needs. */
export interface ToolContext {
  readonly mcpReq: { readonly signal: AbortSignal; readonly _meta?: unknown };
}

export interface Tool {
  readonly name: string;
  register(server: McpServer, name: string, run: Run): void;
  /** What a call does, or undefined if its arguments are not valid. */
  prepare(args: unknown): ((api: LogApi, call: Call) => Promise<ForModel<object>>) | undefined;
}

export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(
  spec: ToolSpec<I, O>,
): Tool {
  const { title, description, annotations } = spec;
  const config = {
    title,
    description,
    inputSchema: listedOnce(spec.input),
    outputSchema: listedOnce(spec.output),
    annotations,
  };
  return {
    name: spec.name,
    register: (server, name, run) => {
      server.registerTool(name, config, (input, context) =>
        run((api, call) => spec.answer(api, input, call), context),
      );
    },
    prepare: (args) => {
      const read = spec.input.safeParse(args);
      return read.success ? (api, call) => spec.answer(api, read.data, call) : undefined;
    },
  };
}

/**
 * A schema that is turned into JSON Schema once and not at each listing: all tools together take
 * some milliseconds, which any client could make a busy thread spend as often as it likes.
 */
function listedOnce<S extends z.ZodType>(
  schema: S,
): StandardSchemaWithJSON<z.input<S>, z.output<S>> {
  const standard = schema["~standard"];
  const known = new Map<string, Record<string, unknown>>();
  const once =
    (io: "input" | "output") =>
    (options: Parameters<typeof standard.jsonSchema.input>[0]): Record<string, unknown> => {
      const key = `${io} ${options.target}`;
      const made = known.get(key) ?? withOneType(standard.jsonSchema[io](options));
      known.set(key, made);
      return made;
    };
  return {
    "~standard": { ...standard, jsonSchema: { input: once("input"), output: once("output") } },
  };
}
