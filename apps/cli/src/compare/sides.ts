import type { NeuralLogClient } from "@neurallog/client";

import { CliError } from "../errors.ts";
import type { Listing, Outcome } from "./listing.ts";
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

/** What a side lists, while it can still be asked. */
interface Listed {
  readonly listing: Listing;
  readonly call: (calls: readonly Called[]) => Promise<ReadonlyMap<string, Outcome>>;
  readonly close: () => Promise<void>;
}

/**
 * Both sides' lists, of the same generation of the protocol where they are live, and calls of tools where they are
 * asked for.
 * @throws CliError CLI_NOT_COMPARED when one cannot be had.
 */
export async function listBoth(
  a: SideAsked,
  b: SideAsked,
  options: SidesOptions,
): Promise<[Listing, Listing]> {
  const eras = options.era === undefined ? ERAS : [options.era];
  const [askA, askB] = [sideOf(a, options), sideOf(b, options)];
  let reason: unknown;
  for (const era of eras) {
    const open: Listed[] = [];
    try {
      // One after the other: two servers that share something would disturb each other.
      for (const ask of [askA, askB]) {
        const listed = await ask(era);
        if (listed === undefined) break;
        open.push(listed);
      }
      const [left, right] = open;
      // A call may change something: none before it is sure that this is the generation.
      if (left !== undefined && right !== undefined)
        return [await called(left, options.calls), await called(right, options.calls)];
    } catch (error) {
      reason ??= error;
    } finally {
      for (const { close } of open) await close();
    }
  }
  if (reason !== undefined) throw reason;
  throw new CliError("CLI_NOT_COMPARED", `there is no version that both speak: ${eras.join(", ")}`);
}

async function called({ listing, call }: Listed, calls: readonly Called[]): Promise<Listing> {
  return { ...listing, calls: new Map([...listing.calls, ...(await call(calls))]) };
}

/** How a side is listed; undefined where it does not speak that generation. */
function sideOf(
  { text, bearer }: SideAsked,
  { answerMs, client, signal }: SidesOptions,
): (era: Era) => Promise<Listed | undefined> {
  const source = sourceOf(text);
  const from = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  if (source.kind === "trace" || source.kind === "query" || source.kind === "file") {
    // What was recorded is the same in every generation: it is read once.
    let listing: Promise<Listing> | undefined;
    return async () => {
      listing ??= (
        source.kind === "file" ? recordsIn(source.path) : recordsOf(client(), source, signal)
      ).then((records) => listRecorded(records, from));
      return { listing: await listing, call: async () => new Map(), close: async () => {} };
    };
  }
  return async (era) => {
    const wire = await open(source, bearer);
    try {
      const live = await listLive(wire, from, era, answerMs);
      if (live !== undefined) return { ...live, close: () => wire.close() };
    } catch (error) {
      await wire.close();
      throw error;
    }
    await wire.close();
    return undefined;
  };
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
