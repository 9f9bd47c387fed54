import { type IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";

import type { Connection } from "./kubeconfig.ts";
import type { Body } from "./object.ts";

export interface Answer {
  status: number;
  body: Body;
  /** What the server warned of: deprecated versions, Pod Security, policies that only warn. */
  warnings: string[];
}

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  path: string;
  headers?: Readonly<Record<string, string | string[]>>;
  body?: unknown;
  contentType?: string;
}

/** A hung API server must not hang its tests; deletions in the foreground take seconds. */
const TIMEOUT_MS = 60_000;

export type Send = (call: Call) => Promise<Answer>;

/** Keeps connections to one API server open. They do not keep the process running. */
export class Transport {
  readonly #connection: Connection;
  readonly #agent: Agent;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 64,
      ca: connection.ca,
      cert: connection.clientCertificate,
      key: connection.clientKey,
      rejectUnauthorized: !connection.insecure,
      ...nameOf(connection),
    });
  }

  get server(): string {
    return this.#connection.server;
  }

  async send(call: Call): Promise<Answer> {
    const response = await this.open(call);
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    const text = Buffer.concat(parts).toString("utf8");
    return { status: response.statusCode ?? 0, body: parse(text), warnings: warningsOf(response) };
  }

  /** The response as it begins: for a watch, which has no end. */
  open({ method, path, headers = {}, body, contentType }: Call): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { token } = this.#connection;
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.#connection.server}${path}`, {
        method,
        agent: this.#agent,
        timeout: TIMEOUT_MS,
        headers: {
          accept: "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(payload === undefined
            ? {}
            : {
                "content-type": contentType ?? "application/json",
                "content-length": payload.length,
              }),
          ...headers,
        },
      });
      outgoing.on("response", resolve);
      outgoing.on("timeout", () => {
        outgoing.destroy(new Error(`${method} ${path} was not answered in ${TIMEOUT_MS} ms`));
      });
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** What the certificate is held against; a name that is an address is none that a client may ask for. */
function nameOf({ serverName }: Connection): ConnectionOptions {
  if (serverName === undefined) return {};
  return {
    checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
  };
}

/** `299 - "text"`: the text. */
function warningsOf({ headers }: IncomingMessage): string[] {
  const { warning } = headers;
  if (warning === undefined) return [];
  return [...warning.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text);
}

function parse(text: string): Body {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // readyz and a few refusals are plain text.
  }
  return { message: text };
}
