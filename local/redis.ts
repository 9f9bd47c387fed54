import { setTimeout as sleep } from "node:timers/promises";

import { redisConf, usersAcl, type RedisSettings } from "../generator/render/redis-conf.ts";
import { freePort } from "../tools/port.ts";
import { findRedis } from "../tools/redis/find.ts";
import { pingRedis } from "../tools/redis/ping.ts";
import { say, ToolError } from "../tools/say.ts";
import { obituary, type Child, type Children } from "./children.ts";
import { redisPasswordHashes } from "./secrets.ts";
import { writePrivate, type State } from "./state.ts";

/**
 * Starts the tenant's own Redis, with the configuration and the users that the generator gives it,
 * and waits until it has loaded what it kept.
 * @returns the address, without credentials
 * @throws ToolError with the end of its log when it does not start
 */
export async function startRedis(
  children: Children,
  state: State,
  settings: RedisSettings,
): Promise<string> {
  const server = await findRedis();
  writePrivate(state.redisAcl, usersAcl(redisPasswordHashes(state)));
  const port = await freePort();
  const place = { bind: "127.0.0.1", port, dir: state.data, aclFile: state.redisAcl };
  writePrivate(state.redisConf, redisConf(settings, place));
  const child = await children.start({
    name: `Redis ${server.version}`,
    command: server.path,
    args: [state.redisConf],
    log: state.redisLog,
  });
  await untilServing(child, port);
  return `redis://127.0.0.1:${port}`;
}

async function untilServing(child: Child, port: number): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  for (let told = false; ; await sleep(20)) {
    const answer = await pingRedis(port);
    if (answer === "serves") return;
    if (end !== undefined) throw new ToolError(obituary(child, end));
    if (answer === "loads" && !told) {
      say("Redis loads what it kept ...");
      told = true;
    }
  }
}
