import { optional, path } from "./fields.ts";
import { ConfigError } from "./read.ts";

/** PEM files of the main listener. */
export const tlsFields = {
  NEURALLOG_TLS_CERT_FILE: optional(path),
  NEURALLOG_TLS_KEY_FILE: optional(path),
  NEURALLOG_TLS_CLIENT_CA_FILE: optional(path),
};

export interface TlsConfig {
  /** The certificate, with its intermediates behind it. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Who signs client certificates; without it none are asked for. */
  readonly clientCaFile: string | undefined;
}

type Values = { readonly [K in keyof typeof tlsFields]?: string | undefined };

/** @throws ConfigError for one of the files without the others that it needs. */
export function tlsConfig(values: Values): TlsConfig | undefined {
  const {
    NEURALLOG_TLS_CERT_FILE: certFile,
    NEURALLOG_TLS_KEY_FILE: keyFile,
    NEURALLOG_TLS_CLIENT_CA_FILE: clientCaFile,
  } = values;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile, clientCaFile };
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) {
    return undefined;
  }
  const problems = [
    ...(certFile === undefined ? ["NEURALLOG_TLS_CERT_FILE"] : []),
    ...(keyFile === undefined ? ["NEURALLOG_TLS_KEY_FILE"] : []),
  ].map((variable) => ({ variable, message: "is needed for TLS" }));
  throw new ConfigError(problems);
}
