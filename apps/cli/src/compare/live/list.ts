import { CliError } from "../../errors.ts";
import { COMPARE_LIMITS } from "../limits.ts";
import { isObject, outcomeOf, type Listing, type Outcome } from "../listing.ts";
import { drain } from "../drain.ts";
import type { Wire } from "./wire.ts";

/**
 * Generations of the protocol. What a server lists may depend on which one it is asked in, so that both sides are
 * asked in the same.
 */
export const ERAS = ["2025-11-25", "2026-07-28"] as const;
export type Era = (typeof ERAS)[number];

export interface Called {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

interface Conversation {
  readonly server: string;
  readonly protocol: string;
  ask(method: string, params: Record<string, unknown>): Promise<unknown>;
}

/**
 * Asks a server for its tools, and calls those that are named.
 * @returns undefined when it does not speak this generation.
 */
export async function listLive(
  wire: Wire,
  from: string,
  era: Era,
  { calls, answerMs }: { readonly calls: readonly Called[]; readonly answerMs: number },
): Promise<Listing | undefined> {
  const conversation = await converse(wire, era, answerMs);
  if (conversation === undefined) return undefined;
  const { tools, problems } = await drain(async (cursor) => {
    const answer = await conversation.ask("tools/list", cursor === undefined ? {} : { cursor });
    if (isObject(answer) && isObject(answer["error"]))
      throw new CliError("CLI_NOT_COMPARED", `tools/list: ${outcomeOf(answer).text}`);
    return isObject(answer) ? answer["result"] : undefined;
  });
  const outcomes = new Map<string, Outcome>();
  for (const { tool, arguments: given } of calls) {
    try {
      const params = { name: tool, arguments: given };
      outcomes.set(tool, outcomeOf(await conversation.ask("tools/call", params)));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      outcomes.set(tool, { kind: "no answer", text });
    }
  }
  const { server, protocol } = conversation;
  return { from, server, protocol, tools, calls: outcomes, problems };
}

async function converse(wire: Wire, era: Era, answerMs: number): Promise<Conversation | undefined> {
  const whole = AbortSignal.timeout(COMPARE_LIMITS.serverMs);
  let last = 0;
  const ask = (method: string, params: Record<string, unknown>) => {
    last += 1;
    const signal = AbortSignal.any([whole, AbortSignal.timeout(answerMs)]);
    return wire.ask({ jsonrpc: "2.0", id: last, method, params }, signal);
  };
  const clientInfo = { name: "neurallog-compare-tools", version: "0.1.0" };
  if (era === "2025-11-25") {
    const answer = await ask("initialize", {
      protocolVersion: era,
      capabilities: {},
      clientInfo,
    });
    const result = isObject(answer) ? answer["result"] : undefined;
    if (!isObject(result) || typeof result["protocolVersion"] !== "string") return undefined;
    const protocol = result["protocolVersion"];
    wire.speak(protocol);
    await wire.tell({ jsonrpc: "2.0", method: "notifications/initialized" });
    return { server: nameOf(result["serverInfo"]), protocol, ask };
  }
  // Without a handshake: each request says what the client is.
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": era,
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const askWithMeta = (method: string, params: Record<string, unknown>) =>
    ask(method, { ...params, _meta });
  wire.speak(era);
  const answer = await askWithMeta("server/discover", {});
  const result = isObject(answer) ? answer["result"] : undefined;
  if (!isObject(result)) return undefined;
  const meta = isObject(result["_meta"]) ? result["_meta"] : {};
  const info = result["serverInfo"] ?? meta["io.modelcontextprotocol/serverInfo"];
  return { server: nameOf(info), protocol: era, ask: askWithMeta };
}

export function nameOf(info: unknown): string {
  if (!isObject(info)) return "";
  const { name, version } = info;
  return [name, version].filter((one) => typeof one === "string").join(" ");
}
