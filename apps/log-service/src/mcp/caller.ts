import type { LogApi } from "./log-api.ts";

/** Who speaks on a connection. */
export interface McpCaller {
  /** Tells callers apart where they share what there is; never a secret. */
  readonly name: string;
  readonly api: LogApi;
  /**
   * Asks again whether the credentials are good, and what they open now.
   * @throws ServiceError when they are not any more.
   */
  readonly recheck: () => Promise<void>;
}
