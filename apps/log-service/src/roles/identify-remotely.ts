import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { ResponseError } from "@neurallog/client";

import type { Secret } from "../config/secret.ts";
import { ServiceError } from "../errors.ts";
import { readSecret } from "../http/authenticate.ts";
import { MCP_LIMITS } from "../limits.ts";
import type { McpCaller } from "../mcp/caller.ts";
import { RemoteLogApi } from "../mcp/remote.ts";

/**
 * The key that an endpoint acts by for a request: the caller's own, or the endpoint's where the caller
 * shows none.
 * @throws ServiceError NL_UNAUTHENTICATED.
 */
export function keyFor({ authorization }: IncomingHttpHeaders, key: Secret | undefined): string {
  const own = readSecret(authorization);
  if (own !== undefined) return own;
  // A header that we cannot read was meant to say who is asking: not by our key, then.
  if (authorization !== undefined || key === undefined) {
    throw new ServiceError("NL_UNAUTHENTICATED");
  }
  return key.reveal();
}

/**
 * Whom a connection is from, where the log service is behind HTTP: what every key may ask tells
 * whether it knows this one.
 * @throws ServiceError when it does not, or cannot be reached.
 */
export async function identifyRemotely(url: string, key: string): Promise<McpCaller> {
  const api = new RemoteLogApi(url, key);
  const recheck = async () => {
    try {
      await api.levels({ signal: AbortSignal.timeout(MCP_LIMITS.identifyMs) });
    } catch (error) {
      if (error instanceof ResponseError && error.status === 401) {
        throw new ServiceError("NL_UNAUTHENTICATED", error.message);
      }
      throw new ServiceError("NL_STORE_UNAVAILABLE", "The log service cannot be reached");
    }
  };
  await recheck();
  // Told apart by what nobody can turn back into the key.
  return { name: createHash("sha256").update(key).digest("hex").slice(0, 16), api, recheck };
}
