import { CliError } from "../../errors.ts";
import { COMPARE_LIMITS } from "../limits.ts";
import { isObject, outcomeOf, type Listing, type Outcome } from "../listing.ts";
import { drain } from "../drain.ts";
import { noAnswer, type Wire } from "./wire.ts";

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

/** Asks a server for its tools: a question that may be asked again. */
export interface LiveList {
  readonly listing: Listing;
  /** Calls tools, which may do anything: once, when it is sure that both sides can be compared. */
  call(calls: readonly Called[]): Promise<ReadonlyMap<string, Outcome>>;
}

/** @returns undefined when the server does not speak this generation. */
export async function listLive(
  wire: Wire,
  from: string,
  era: Era,
  answerMs: number,
): Promise<LiveList | undefined> {
  const conversation = await converse(wire, era, answerMs);
  if (conversation === undefined) return undefined;
  const { server, protocol, ask } = conversation;
  const whole = AbortSignal.timeout(COMPARE_LIMITS.serverMs);
  const { tools, problems } = await drain(async (cursor) => {
    if (whole.aborted) throw noAnswer();
    const answer = await ask("tools/list", cursor === undefined ? {} : { cursor });
    if (isObject(answer) && isObject(answer["error"]))
      throw new CliError("CLI_NOT_COMPARED", `tools/list: ${outcomeOf(answer).text}`);
    return isObject(answer) ? answer["result"] : undefined;
  });
  const listing = { from, server, protocol, tools, calls: new Map<string, Outcome>(), problems };
  return { listing, call: (calls) => callAll(calls, ask) };
}

async function callAll(
  calls: readonly Called[],
  ask: Conversation["ask"],
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (const { tool, arguments: given } of calls) {
    try {
      outcomes.set(tool, outcomeOf(await ask("tools/call", { name: tool, arguments: given })));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      outcomes.set(tool, { kind: "no answer", text });
    }
  }
  return outcomes;
}

async function converse(wire: Wire, era: Era, answerMs: number): Promise<Conversation | undefined> {
  let last = 0;
  const ask = (method: string, params: Record<string, unknown>) => {
    last += 1;
    return wire.ask({ jsonrpc: "2.0", id: last, method, params }, AbortSignal.timeout(answerMs));
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
