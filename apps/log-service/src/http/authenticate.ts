import type { IncomingMessage } from "node:http";

import type { Credentials } from "../access/authenticator.ts";
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

/** What a request shows of who sends it. */
export function credentialsOf(request: IncomingMessage): Credentials {
  const header = request.headers.authorization;
  return {
    secret: readSecret(header),
    shown: header !== undefined,
    certificate: header === undefined ? certificateOf(request.socket) : undefined,
  };
}

function afterColon(text: string): string | undefined {
  const colon = text.indexOf(":");
  return colon === -1 || colon === text.length - 1 ? undefined : text.slice(colon + 1);
}
