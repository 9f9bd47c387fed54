import type { FastifyInstance } from "fastify";

import { ServiceError } from "../errors.ts";

/**
 * Opens a listener and answers its port.
 * @param variable What to set to choose another port.
 * @throws ServiceError with NL_PORT_BUSY or NL_CONFIG, saying what to do.
 */
export async function listen(
  app: FastifyInstance,
  host: string,
  port: number,
  variable: string,
): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw new ServiceError(
        "NL_PORT_BUSY",
        `Port ${port} on ${host} is taken: stop what listens there, or set ${variable} to another port`,
        { cause: error },
      );
    }
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new ServiceError("NL_CONFIG", `Cannot listen on ${host}:${port} (${code})`, {
        cause: error,
      });
    }
    throw error;
  }
  const address = app.server.address();
  return address !== null && typeof address === "object" ? address.port : port;
}
