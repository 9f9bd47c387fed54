import { createServer, connect, type Server, type Socket } from "node:net";

/**
 * Carries connections from one address to another. A brought cluster's API server is outside the
 * enclosure, whose network has loopback alone: a socket file is the door that both sides see.
 */
export async function relay(
  from: { path: string } | { host: string; port: number },
  to: { path: string } | { host: string; port: number },
): Promise<Server> {
  const server = createServer((inner) => {
    const outer = connect(to);
    joined(inner, outer);
    joined(outer, inner);
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(from, resolve);
  });
  return server;
}

function joined(one: Socket, other: Socket): void {
  one.pipe(other);
  one.on("error", () => other.destroy());
  one.on("close", () => other.destroy());
}
