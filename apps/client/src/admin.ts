import { has, notNeuralLog, says } from "./answers.ts";
import type { FilterParams } from "./questions.ts";
import type { CallOptions, Transport } from "./transport.ts";
import type { Level } from "./types.ts";

/** Which records to clear: all conditions together. Namespaces have to be named where the tenant has them. */
export interface ClearParams extends Omit<FilterParams, "metadata"> {
  /** Has to be true where no condition is given. */
  readonly everything?: boolean | undefined;
}

export interface ClearPreview {
  readonly namespaces: readonly string[];
  /** Records that match now. */
  readonly records: number;
  /** A limit on work ended the count early: there are more. */
  readonly truncated: boolean;
}

export interface Cleared {
  readonly tombstones: readonly { readonly id: string; readonly namespace: string }[];
}

/** A clearing that still has records to take out of the store; no question sees them any more. */
export interface Clearing {
  readonly id: string;
  readonly namespace: string;
  readonly filter: unknown;
  readonly from: string | null;
  readonly to: string | null;
  readonly created: string;
  readonly by: string;
}

export interface KeyState {
  readonly name: string;
  readonly kind: "key" | "certificate";
  readonly roles: readonly string[];
  readonly namespaces: readonly string[];
  readonly expires?: string;
  readonly state: "active" | "expired" | "revoked" | "missing";
}

/** The least level that programs of a source should send; `*` stands for all. */
export interface SourceLevel {
  readonly source: string;
  readonly namespace: string;
  readonly level: Level;
}

export interface SetLevel extends SourceLevel {
  readonly since: string;
  readonly by: string;
}

/** What a key with the role admin may do. What changes something is written to the audit. */
export class AdminCalls {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What clearing would take out, and takes nothing out. */
  async previewClear(params: ClearParams, options: CallOptions = {}): Promise<ClearPreview> {
    const body = { ...texts(params), dry_run: true };
    return this.#send("POST", "/api/admin/clear", body, says<ClearPreview>("records"), options);
  }

  /** Takes the records out for ever: once it resolves, no question and no follower sees them. */
  async clear(params: ClearParams, options: CallOptions = {}): Promise<Cleared> {
    const isCleared = has<Cleared>("tombstones");
    return this.#send("POST", "/api/admin/clear", texts(params), isCleared, options);
  }

  async clearings(options: CallOptions = {}): Promise<readonly Clearing[]> {
    const isList = has<{ readonly tombstones: readonly Clearing[] }>("tombstones");
    return (await this.#send("GET", "/api/admin/tombstones", undefined, isList, options))
      .tombstones;
  }

  async keys(options: CallOptions = {}): Promise<readonly KeyState[]> {
    const isList = has<{ readonly keys: readonly KeyState[] }>("keys");
    return (await this.#send("GET", "/api/admin/keys", undefined, isList, options)).keys;
  }

  /** Shuts a key's value of now at once; a new value in its Secret opens again. */
  async revokeKey(name: string, options: CallOptions = {}): Promise<KeyState> {
    const path = `/api/admin/keys/${encodeURIComponent(name)}/revoke`;
    return this.#send("POST", path, undefined, says<KeyState>("state"), options);
  }

  /** Takes a revocation back. */
  async restoreKey(name: string, options: CallOptions = {}): Promise<KeyState> {
    const path = `/api/admin/keys/${encodeURIComponent(name)}/restore`;
    return this.#send("POST", path, undefined, says<KeyState>("state"), options);
  }

  /** The levels that are set, with who set them and when. */
  async levels(options: CallOptions = {}): Promise<readonly SetLevel[]> {
    const isList = has<{ readonly levels: readonly SetLevel[] }>("levels");
    return (await this.#send("GET", "/api/admin/levels", undefined, isList, options)).levels;
  }

  async setLevel(
    level: {
      readonly source: string;
      readonly namespace?: string | undefined;
      readonly level: string;
    },
    options: CallOptions = {},
  ): Promise<SetLevel> {
    return this.#send("PUT", "/api/admin/levels", level, says<SetLevel>("since"), options);
  }

  async unsetLevel(
    { source, namespace = "*" }: { readonly source: string; readonly namespace?: string },
    { signal, traceId }: CallOptions = {},
  ): Promise<void> {
    const query = new URLSearchParams({ source, namespace });
    const path = `/api/admin/levels?${query}`;
    await this.#transport.call({ method: "DELETE", path, signal, traceId });
  }

  async #send<T>(
    method: "GET" | "POST" | "PUT",
    path: string,
    body: object | undefined,
    isAnswer: (answer: unknown) => answer is T,
    { signal, traceId }: CallOptions,
  ): Promise<T> {
    const answer = await this.#transport.call({
      method,
      path,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), contentType: "application/json" }),
      signal,
      traceId,
    });
    if (!isAnswer(answer)) throw notNeuralLog();
    return answer;
  }
}

/** Times as the service reads them in a body: as text. */
function texts({ from, to, ...rest }: ClearParams): object {
  return {
    ...rest,
    ...(from === undefined ? {} : { from: timeText(from) }),
    ...(to === undefined ? {} : { to: timeText(to) }),
  };
}

function timeText(time: string | number | Date): string {
  return time instanceof Date ? time.toISOString() : String(time);
}
