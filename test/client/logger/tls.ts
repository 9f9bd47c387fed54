import { once } from "node:events";
import { connect } from "node:net";
import { createServer } from "node:tls";

// The library looks for the polyfill when it is loaded, so the polyfill comes first.
await import("reflect-metadata");
const x509 = await import("@peculiar/x509");

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 86_400_000;

export interface Certificates {
  /** In PEM, as the option takes it. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority of its own, and a certificate of 127.0.0.1, or of another address, that it signed. */
export async function makeCertificates(address = "127.0.0.1"): Promise<Certificates> {
  const [authorityKeys, keys] = await Promise.all([makeKeys(), makeKeys()]);
  const shared = {
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + DAY),
    signingAlgorithm: ALGORITHM,
  };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...shared,
    serialNumber: "01",
    // By its name a chain is put together.
    name: `CN=Authority of ${address}`,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const signed = await x509.X509CertificateGenerator.create({
    ...shared,
    serialNumber: "02",
    subject: "CN=service",
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: address }])],
  });
  const der = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    ca: authority.toString("pem"),
    cert: signed.toString("pem"),
    key: x509.PemConverter.encode(der, "PRIVATE KEY"),
  };
}

function makeKeys() {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** Takes TLS connections for a server that has none, as an ingress does. @param url The server's address */
export async function startTls(url: string, { cert, key }: Certificates) {
  const { port: behind, protocol } = new URL(url);
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ cert, key }, (socket) => {
    const inner = connect(Number(behind), "127.0.0.1");
    for (const each of [socket, inner]) {
      sockets.add(each);
      each.on("error", () => undefined);
      each.on("close", () => {
        socket.destroy();
        inner.destroy();
      });
    }
    socket.pipe(inner).pipe(socket);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `${protocol.replace(":", "s:")}//127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
