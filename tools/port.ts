import { createServer } from "node:net";

/** Whether nobody listens on this loopback port. */
export async function isFree(port: number): Promise<boolean> {
  return (await bind(port)) !== undefined;
}

/** Any loopback port that is free now; whoever binds it must be ready to try another. */
export async function freePort(): Promise<number> {
  const port = await bind(0);
  if (port === undefined) throw new Error("this machine has no free port");
  return port;
}

/** Binds a port for a moment; undefined when it can't be had. 0 is any. */
function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
