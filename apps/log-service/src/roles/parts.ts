import type { Logger } from "pino";

import { KeyRing } from "../access/key-ring.ts";
import type { ServeConfig } from "../config/serve.ts";
import { ServiceError } from "../errors.ts";
import { TlsFiles } from "../http/tls.ts";
import { ACCESS_LIMITS } from "../limits.ts";
import { isRevoked } from "../operations/keys.ts";
import type { Redactor } from "../record/redact.ts";
import type { SettingsStore } from "../settings/port.ts";
import { openRedactor } from "./redaction.ts";

/** What the service makes of files, and cannot run without. */
export interface Parts {
  readonly redactor: Redactor;
  readonly tls: TlsFiles | undefined;
  readonly keys: KeyRing;
}

/** @throws ServiceError NL_CONFIG for a file that is not valid; then nothing is left open. */
export function openParts(config: ServeConfig, settings: SettingsStore, logger: Logger): Parts {
  const warn = (message: string): void => logger.warn(message);
  const redactor = openRedactor(config.redaction);
  const tls = config.tls === undefined ? undefined : new TlsFiles(config.tls, warn);
  try {
    const keys = new KeyRing({
      ...config.access,
      pollMs: ACCESS_LIMITS.reloadMs,
      warn,
      isRevoked: (digest) => isRevoked(settings, digest),
    });
    return { redactor, tls, keys };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("NL_CONFIG", reason, { cause: error });
  }
}
