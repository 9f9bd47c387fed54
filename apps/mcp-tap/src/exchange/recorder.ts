import { randomUUID } from "node:crypto";

import type { Json, LogInput } from "@neurallog/client";

import { LIMITS } from "../limits.ts";
import type { RawMessage } from "../message/raw.ts";
import { readMessages, short, type Message } from "../message/read.ts";
import type { Redactor } from "../message/redact.ts";
import type { Channel, Note } from "../observe/events.ts";
import { Pending, type Asked } from "./pending.ts";

export interface RecorderOptions {
  /** What the records name as their source. */
  readonly source: string;
  readonly namespace: string | undefined;
  /** Characters of a message that are kept. */
  readonly keepUnits: number;
  readonly redactor: Redactor;
  readonly newTraceId?: () => string;
}

/** Makes log records of what crossed the tap. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #pending = new Pending();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** The records of one message, or of each member of a batch. */
  message(channel: Channel, raw: RawMessage): LogInput[] {
    if (channel.http?.contentEncoding !== undefined) {
      return this.#records(channel, raw, {
        kind: "unread",
        text: "",
        oddities: [`encoded: ${short(channel.http.contentEncoding)}`],
      });
    }
    return readMessages(raw).flatMap((message) => this.#records(channel, raw, message));
  }

  /** An answer over HTTP that held no message, where that says something: an error's. */
  answered({ http, ...channel }: Channel, at: number): LogInput[] {
    if (http?.status === undefined || http.status < 400) return [];
    const facts = { ...httpFields(http), ...tookFields(http.askedAt, at) };
    return [
      this.#record(`← HTTP ${http.status} without a message`, at, channel.traceId, {
        ...channelFields(channel),
        kind: "empty",
        ...facts,
      }),
    ];
  }

  note({ connection, transport, level, text, traceId }: Note, at: number): LogInput {
    const record = this.#record(short(text), at, traceId, { connection, transport, kind: "note" });
    return { ...record, level };
  }

  #records(channel: Channel, raw: RawMessage, message: Message): LogInput[] {
    const oddities = [...message.oddities];
    const asked = this.#correlate(channel, raw.at, message, oddities);
    const own = message.traceId ?? channel.connectionTraceId;
    const traceId = channel.traceId ?? asked.request?.traceId ?? own ?? asked.traceId;
    const clean = this.#options.redactor.redact(message.text.slice(0, this.#options.keepUnits));
    const isCut = message.kind === "unread" || message.text.length > this.#options.keepUnits;
    const { method = asked.request?.method, tool = asked.request?.tool, error } = message;
    const errorText =
      error === undefined ? undefined : this.#options.redactor.redact(error.message);
    const { batch } = message;
    const fields = {
      ...channelFields(channel),
      kind: message.kind,
      ...(method === undefined ? {} : { method }),
      ...("id" in message ? { id: idField(message.id) } : {}),
      ...(tool === undefined ? {} : { tool }),
      ...tookFields(asked.request?.at, raw.at),
      ...(error === undefined ? {} : { error_code: error.code, error_message: errorText ?? "" }),
      bytes: raw.size,
      sha256: raw.sha256,
      ...(isCut ? { cut: true, kept: clean.length } : {}),
      ...(oddities.length === 0 ? {} : { oddities }),
      ...(batch === undefined ? {} : { batch_at: batch.at, batch_of: batch.of }),
      ...(channel.http === undefined ? {} : httpFields(channel.http)),
    };
    const title = titleOf(channel, message, asked.request, raw.at, errorText);
    const parts = partsOf(clean);
    return parts.map((part, at) =>
      this.#record(`${title}\n${part}`, raw.at, traceId, {
        ...fields,
        ...(parts.length === 1 ? {} : { part: at + 1, parts: parts.length }),
      }),
    );
  }

  /** What an answer or a notification is about, and the trace of a request that names none. */
  #correlate(
    channel: Channel,
    at: number,
    message: Message,
    oddities: string[],
  ): { request?: Asked | undefined; traceId?: string } {
    const { connection, direction } = channel;
    const { kind, id } = message;
    if (kind === "request") {
      const traceId =
        channel.traceId ??
        message.traceId ??
        channel.connectionTraceId ??
        (this.#options.newTraceId ?? randomUUID)();
      const { method = "", tool, progressToken } = message;
      const asked = {
        method,
        tool,
        traceId,
        at,
        ...(progressToken === id ? {} : { progressToken }),
      };
      if (this.#pending.ask(connection, direction, id, asked))
        oddities.push("another request of this id has no answer yet");
      return { traceId };
    }
    if (kind === "response" || kind === "error") {
      const request = this.#pending.answer(connection, direction, id);
      if (request === undefined) oddities.push("no request of this id waits for an answer");
      return { request };
    }
    if (kind !== "notification") return {};
    const subject = message.about ?? message.progressToken;
    if (subject === undefined) return {};
    const traceId = this.#pending.find(connection, subject)?.traceId;
    return traceId === undefined ? {} : { traceId };
  }

  #record(
    message: string,
    at: number,
    traceId: string | undefined,
    metadata: Readonly<Record<string, Json>>,
  ): LogInput {
    const { source, namespace } = this.#options;
    return {
      level: "TRACE",
      source,
      message,
      timestamp: timeText(at),
      tags: ["mcp"],
      metadata,
      ...(traceId === undefined ? {} : { trace_id: traceId }),
      ...(namespace === undefined ? {} : { namespace }),
    };
  }
}

function channelFields({ connection, transport, direction }: Omit<Channel, "http">) {
  return { connection, transport, direction };
}

function httpFields(http: NonNullable<Channel["http"]>): Record<string, Json> {
  const { httpMethod, path, status, protocol, session } = http;
  return {
    http_method: httpMethod,
    path: short(path),
    ...(status === undefined ? {} : { status }),
    ...(protocol === undefined ? {} : { protocol: short(protocol) }),
    ...(session === undefined ? {} : { session }),
  };
}

function tookFields(from: number | undefined, to: number): { duration_ms?: number } {
  return from === undefined
    ? {}
    : { duration_ms: Math.round(Math.max(0, to - from) * 1000) / 1000 };
}

/** What can stand in a field is as it is; anything else as text. */
function idField(id: unknown): Json {
  if (typeof id === "string") return short(id);
  if (typeof id === "number" || id === null) return id;
  return short(JSON.stringify(id) ?? "");
}

/** A line for people: `→ tools/call add, id 3`, `← tools/call add, id 3, in 1.2 ms`. */
function titleOf(
  { direction }: Channel,
  message: Message,
  request: Asked | undefined,
  at: number,
  errorText: string | undefined,
): string {
  const arrow = direction === "to-server" ? "→" : "←";
  const { kind, method = request?.method, tool = request?.tool, error } = message;
  const what = [method ?? kind, tool].filter((one) => one !== undefined).join(" ");
  const took = tookFields(request?.at, at).duration_ms;
  return [
    `${arrow} ${what}`,
    ...("id" in message ? [`id ${short(JSON.stringify(message.id) ?? "")}`] : []),
    ...(error === undefined
      ? []
      : [`error ${error.code}: ${short(errorText ?? "").split("\n", 1)[0]}`]),
    ...(took === undefined ? [] : [`in ${took} ms`]),
  ].join(", ");
}

/** No part begins or ends within a character. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let at = 0;
  while (text.length - at > LIMITS.partUnits) {
    const last = text.charCodeAt(at + LIMITS.partUnits - 1);
    const end = at + LIMITS.partUnits - (last >= 0xd800 && last < 0xdc00 ? 1 : 0);
    parts.push(text.slice(at, end));
    at = end;
  }
  return [...parts, text.slice(at)];
}

/** RFC 3339 to the microsecond: several messages cross within a millisecond. */
function timeText(at: number): string {
  const micros = Math.floor((at % 1) * 1000);
  return new Date(at).toISOString().replace("Z", `${String(micros).padStart(3, "0")}Z`);
}
