import { writeFileSync } from "node:fs";
import { join } from "node:path";

// The library looks for the polyfill when it is loaded, so the polyfill comes first.
await import("reflect-metadata");
const x509 = await import("@peculiar/x509");

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 86_400_000;

/**
 * A certificate of 127.0.0.1 that is its own authority, as strict as Python 3.13 wants it: with identifiers and usages.
 * @returns the variables by which the suite finds it
 */
export async function certificate(folder: string): Promise<Record<string, string>> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=localhost",
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + DAY),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const der = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  writeFileSync(cert, made.toString("pem"));
  writeFileSync(key, x509.PemConverter.encode(der, "PRIVATE KEY"), { mode: 0o600 });
  return { NEURALLOG_TEST_CERT: cert, NEURALLOG_TEST_CERT_KEY: key };
}
