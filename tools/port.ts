import { randomInt } from "node:crypto";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

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
 * stranger's outgoing connection by the time that it is bound.
 */
const LOWEST = 10_240;
const HIGHEST = 31_000;
const ATTEMPTS = 1_000;

/** From a local tenant's port to its health port: 9464, as in the cluster, for 8080. */
export const HEALTH_STEP = 1384;

/**
 * How long a port is its finder's, who binds it a second later, or stops its server and starts it there again. A run of
 * all tests finds some 1,400 of 11,000.
 */
const CLAIM_MS = 10 * 60_000;

/** One user's alone: in a folder that somebody else made, nothing can be written. */
const claims = join(tmpdir(), `neurallog-ports-${userInfo().username}`);

/** Any loopback port that is free now, at random, and found by nobody else with this function. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    // Every other stretch is left to the health ports of tenants that listen in the one below.
    const isStretchOfHealth = Math.floor((port - LOWEST) / HEALTH_STEP) % 2 === 1;
    if (!isStretchOfHealth && claim(port) && (await isFree(port))) return port;
  }
  throw new Error("this machine has no free port");
}

/** Whether this port is free, and was found by nobody else with these functions. */
export async function isOurs(port: number): Promise<boolean> {
  return (await isFree(port)) && claim(port);
}

/** Whether nobody found this port lately: two programs that look at the same moment would both see it free. */
function claim(port: number): boolean {
  const file = join(claims, String(port));
  try {
    mkdirSync(claims, { recursive: true, mode: 0o700 });
    const claimed = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (claimed !== undefined && Date.now() - claimed > CLAIM_MS) rmSync(file, { force: true });
    writeFileSync(file, "", { flag: "wx" });
    return true;
  } catch (error) {
    // Where no file can be written, chance alone has to keep programs apart.
    return !(error instanceof Error && "code" in error && error.code === "EEXIST");
  }
}
