import type { webcrypto } from "node:crypto";

import type { JsonGeneralNames } from "@peculiar/x509";

// The library looks for the polyfill when it is loaded, so the polyfill comes first.
await import("reflect-metadata");
const x509 = await import("@peculiar/x509");

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 86_400_000;

/** A certificate with its key, both in PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** An authority that signs certificates for tests, good for a day. */
export class TestAuthority {
  readonly #name: string;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly cert: string;
  #serial = 1;

  private constructor(name: string, keys: webcrypto.CryptoKeyPair, cert: string) {
    this.#name = name;
    this.#keys = keys;
    this.cert = cert;
  }

  static async open(name = "CN=Test authority"): Promise<TestAuthority> {
    const keys = await fresh();
    const cert = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: "01",
      name,
      ...times(),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
    });
    return new TestAuthority(name, keys, cert.toString("pem"));
  }

  async issue(subject: string, names: JsonGeneralNames = []): Promise<Issued> {
    const keys = await fresh();
    this.#serial += 1;
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: this.#serial.toString(16).padStart(4, "0"),
      subject,
      issuer: this.#name,
      ...times(),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
    });
    const der = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { cert: cert.toString("pem"), key: x509.PemConverter.encode(der, "PRIVATE KEY") };
  }
}

const fresh = () => crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
const times = () => ({
  notBefore: new Date(Date.now() - DAY),
  notAfter: new Date(Date.now() + DAY),
});
