import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import type { Credentials } from "../access/authenticator.ts";
import { digestOf } from "../access/key-file.ts";
import { ACCESS_LIMITS } from "../limits.ts";
import { certificateOf } from "./client-certificate.ts";

const SCHEME = /^(Bearer|Basic|ApiKey) +([A-Za-z0-9._~+/=-]+) *$/i;

/**
 * The API key or token in an `Authorization` header; undefined where there is none of ours.
 *
 * - `Bearer <key or token>`
 * - `Basic base64(user:key)`, as Loki's and Elasticsearch's clients send it; the user is not looked at
 * - `ApiKey base64(id:key)`, as Elasticsearch's clients send it; the id is not looked at
 */
export function readSecret(header: string | undefined): string | undefined {
  // Bounded before anything looks at it: hashing what strangers send costs time.
  if (header === undefined || header.length > ACCESS_LIMITS.credentialUnits) return undefined;
  const [, scheme = "", text = ""] = SCHEME.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return text;
    case "basic":
    case "apikey":
      return afterColon(Buffer.from(text, "base64").toString("utf8"));
    default:
      return undefined;
  }
}

interface Shown {
  readonly header: string;
  readonly credentials: Credentials;
}

// Agents show the same a thousand times over one connection, and its digest costs 3 us. Whom it stands
// for is asked each time: keys are revoked and expire while a connection is open.
const lastShown = new WeakMap<Socket, Shown>();

/** What a request shows of who sends it. */
export function credentialsOf(request: IncomingMessage): Credentials {
  const header = request.headers.authorization;
  const { socket } = request;
  if (header === undefined) {
    return { secret: undefined, shown: false, certificate: certificateOf(socket) };
  }
  const last = lastShown.get(socket);
  if (last !== undefined && areEqual(last.header, header)) return last.credentials;
  const text = readSecret(header);
  const secret = text === undefined ? undefined : { text, digest: digestOf(text) };
  const credentials = { secret, shown: true, certificate: undefined };
  if (secret !== undefined) lastShown.set(socket, { header, credentials });
  return credentials;
}

/** In a time that tells nothing: a proxy may send several callers' requests over one connection. */
function areEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

function afterColon(text: string): string | undefined {
  const colon = text.indexOf(":");
  return colon === -1 || colon === text.length - 1 ? undefined : text.slice(colon + 1);
}
