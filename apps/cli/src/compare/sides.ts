import type { NeuralLogClient } from "@neurallog/client";

import { CliError } from "../errors.ts";
import type { Listing } from "./listing.ts";
import { openHttp } from "./live/http.ts";
import { ERAS, listLive, type Called, type Era } from "./live/list.ts";
import { openStdio } from "./live/stdio.ts";
import type { Wire } from "./live/wire.ts";
import { openWebSocket } from "./live/websocket.ts";
import { listRecorded } from "./recorded/list.ts";
import { recordsIn, recordsOf } from "./recorded/read.ts";
import { sourceOf, type Source } from "./source.ts";

export interface SideAsked {
  /** As it was given. */
  readonly text: string;
  /** What a live server is shown as `Authorization: Bearer`. */
  readonly bearer: string | undefined;
}

export interface SidesOptions {
  /** undefined for the first that both speak. */
  readonly era: Era | undefined;
  readonly calls: readonly Called[];
  readonly answerMs: number;
  readonly client: () => NeuralLogClient;
  readonly signal: AbortSignal;
}

/**
 * Both sides' lists, of the same generation of the protocol where they are live.
 * @throws CliError CLI_NOT_COMPARED when one cannot be had.
 */
export async function listBoth(
  a: SideAsked,
  b: SideAsked,
  options: SidesOptions,
): Promise<[Listing, Listing]> {
  const eras = options.era === undefined ? ERAS : [options.era];
  let reason: unknown;
  for (const era of eras) {
    try {
      // One after the other: two servers that share something would disturb each other.
      const left = await list(a, era, options);
      const right = left === undefined ? undefined : await list(b, era, options);
      if (left !== undefined && right !== undefined) return [left, right];
    } catch (error) {
      reason ??= error;
    }
  }
  if (reason !== undefined) throw reason;
  throw new CliError("CLI_NOT_COMPARED", `there is no version that both speak: ${eras.join(", ")}`);
}

async function list(
  { text, bearer }: SideAsked,
  era: Era,
  { calls, answerMs, client, signal }: SidesOptions,
): Promise<Listing | undefined> {
  const source = sourceOf(text);
  const from = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  if (source.kind === "trace" || source.kind === "query")
    return listRecorded(await recordsOf(client(), source, signal), from);
  if (source.kind === "file") return listRecorded(await recordsIn(source.path), from);
  const wire = await open(source, bearer);
  try {
    return await listLive(wire, from, era, { calls, answerMs });
  } finally {
    await wire.close();
  }
}

async function open(
  source: Extract<Source, { kind: "command" | "http" | "websocket" }>,
  bearer: string | undefined,
): Promise<Wire> {
  if (source.kind === "http") return openHttp(source.url, bearer);
  if (source.kind === "websocket") return openWebSocket(source.url, bearer);
  const [command = "", ...args] = source.words;
  return openStdio(command, args);
}
