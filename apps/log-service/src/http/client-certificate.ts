import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

import type { ClientCertificate } from "../access/authenticator.ts";

/** The kinds of `subjectAltName` that name a caller, by OpenSSL's words for them. */
const KINDS: readonly (readonly [string, string])[] = [
  ["DNS:", "dns:"],
  ["URI:", "uri:"],
  ["email:", "email:"],
];

// A certificate's names hold for its connection, which may bring a thousand requests.
const known = new WeakMap<TLSSocket, ClientCertificate>();

/** The names of the certificate that a connection was opened with, if an authority of ours signed it. */
export function certificateOf(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const before = known.get(socket);
  if (before !== undefined) return before;
  const { subject, subjectaltname } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  const names = alternativeNames(subjectaltname ?? "");
  const common: unknown = subject.CN;
  if (typeof common === "string") names.push(`cn:${common}`);
  const certificate = { names };
  known.set(socket, certificate);
  return certificate;
}

/**
 * `DNS:a, URI:b` as prefixed names. OpenSSL's text quotes a name that has a comma or a quote in it,
 * so that it cannot pass as two; such names stand for nobody.
 */
function alternativeNames(text: string): string[] {
  if (text.includes('"')) return [];
  return text.split(", ").flatMap((entry) => {
    const kind = KINDS.find(([prefix]) => entry.startsWith(prefix));
    return kind === undefined ? [] : [kind[1] + entry.slice(kind[0].length)];
  });
}
