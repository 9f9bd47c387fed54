import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions, type Server } from "node:tls";

import type { TlsConfig } from "../config/tls.ts";
import { ServiceError } from "../errors.ts";
import { HTTP_LIMITS } from "../limits.ts";

/** TLS 1.0 and 1.1 are broken; whoever has nothing newer has to be replaced anyway. */
const MIN_VERSION = "TLSv1.2";

/**
 * A listener's certificate, followed while the service runs: connections that are open stay as they
 * are, later ones get what the files hold by then.
 */
export class TlsFiles {
  readonly asksForCertificates: boolean;
  readonly #config: TlsConfig;
  readonly #warn: (message: string) => void;
  #held: SecureContextOptions;
  #timer: NodeJS.Timeout | undefined;

  /** @throws ServiceError NL_CONFIG for files that cannot be read, or do not belong together. */
  constructor(config: TlsConfig, warn: (message: string) => void) {
    this.#config = config;
    this.#warn = warn;
    this.asksForCertificates = config.clientCaFile !== undefined;
    try {
      this.#held = this.#read();
    } catch (error) {
      throw new ServiceError("NL_CONFIG", `TLS: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** What a server is made with. */
  options(): SecureContextOptions {
    return this.#held;
  }

  /** From now on the server gets what the files hold. */
  follow(server: Server): void {
    this.#timer = setInterval(() => this.refresh(server), HTTP_LIMITS.certificateMs);
    this.#timer.unref();
    server.once("close", () => clearInterval(this.#timer));
  }

  /** Reads the files again; a set that does not fit together leaves the one before in force. */
  refresh(server: Server): void {
    try {
      const next = this.#read();
      if (sameBytes(next, this.#held)) return;
      server.setSecureContext(next);
      this.#held = next;
    } catch (error) {
      // The certificate and its key are two files: between their changes they do not fit.
      this.#warn(`The TLS certificate was not reloaded, the one before stays: ${reasonOf(error)}`);
    }
  }

  #read(): SecureContextOptions {
    const { certFile, keyFile, clientCaFile } = this.#config;
    const options: SecureContextOptions = {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ...(clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) }),
      minVersion: MIN_VERSION,
    };
    // Throws for a key that is not the certificate's.
    createSecureContext(options);
    return options;
  }
}

function sameBytes(a: SecureContextOptions, b: SecureContextOptions): boolean {
  return (
    String(a.cert) === String(b.cert) &&
    String(a.key) === String(b.key) &&
    String(a.ca) === String(b.ca)
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
