/** How messages stand in a stream of bytes. */
export type Framing =
  /** One a line: stdio. */
  | "lines"
  /** The whole of it: a body over HTTP. */
  | "body"
  /** Server-sent events. */
  | "events"
  /** WebSocket frames. */
  | "frames";

export type Direction = "to-server" | "to-client";

/** What is known of a stream before its first byte. */
export interface Channel {
  /** Ids of requests are told apart by it. */
  readonly connection: string;
  readonly transport: "stdio" | "http" | "websocket";
  readonly direction: Direction;
  readonly framing: Framing;
  /** The trace that was passed on with it: all of its messages belong to it. */
  readonly traceId?: string | undefined;
  /** The trace that its connection was opened with, for messages that name none. */
  readonly connectionTraceId?: string | undefined;
  readonly http?: HttpFacts | undefined;
}

/** Of headers only what is named here is ever recorded: others may hold secrets, known or not. */
export interface HttpFacts {
  readonly httpMethod: string;
  /** Without its query, which may hold a key. */
  readonly path: string;
  readonly status?: number | undefined;
  readonly protocol?: string | undefined;
  readonly contentType?: string | undefined;
  /** An encoding that the copy is not read through. */
  readonly contentEncoding?: string | undefined;
  /** The session by the beginning of its hash: the id itself opens it. */
  readonly session?: string | undefined;
  /** When the request came whose answer this is, in ms since the epoch. */
  readonly askedAt?: number | undefined;
}

/** What the forwarding thread tells the recording one, several in a message. Times are ms since the epoch. */
export type TapEvent =
  | { readonly kind: "open"; readonly stream: number; readonly channel: Channel }
  | {
      readonly kind: "data";
      readonly stream: number;
      readonly at: number;
      readonly bytes: Uint8Array;
    }
  /** Bytes were forwarded that the recording thread had no room for. */
  | { readonly kind: "gap"; readonly stream: number }
  | { readonly kind: "close"; readonly stream: number; readonly at: number }
  | { readonly kind: "note"; readonly at: number; readonly note: Note }
  | { readonly kind: "end" };

/** Something that happened to a connection, beside messages. */
export interface Note {
  readonly connection: string;
  readonly transport: Channel["transport"];
  readonly level: "INFO" | "WARN";
  readonly text: string;
  readonly traceId?: string | undefined;
}

/** What the recording thread answers. */
export type TapReport =
  | { readonly kind: "error"; readonly at: string; readonly reason: string }
  | { readonly kind: "say"; readonly text: string };
