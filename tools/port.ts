import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Whether nobody listens on this loopback port. */
export async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/**
 * Below the ports that systems hand out by themselves (from 32768 on Linux, 49152 elsewhere): one of those could be a
 * stranger's outgoing connection by the time that it is bound. The health port of a local tenant lies 1,384 above.
 */
const LOWEST = 10_240;
const HIGHEST = 31_000;
const ATTEMPTS = 100;

/** Any loopback port that is free now, at random: programs that look at the same moment find different ones. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isFree(port)) return port;
  }
  throw new Error("this machine has no free port");
}
