// npm start: a tenant's own Redis, its archive and its log service on this machine, until Ctrl-C.
import type { Plan } from "../generator/plan/plan.ts";
import { main, say, ToolError } from "../tools/say.ts";
import { watchdog } from "../tools/watchdog.ts";
import { giveAccess } from "./access.ts";
import { startArchive } from "./archive.ts";
import { Children, obituary } from "./children.ts";
import { greeting } from "./greeting.ts";
import { parseOptions, usage, type Options } from "./options.ts";
import { choosePorts } from "./ports.ts";
import { startRedis } from "./redis.ts";
import { noteRunning, takePlace } from "./running.ts";
import { passwordFile } from "./secrets.ts";
import { namedRedis, startService, type RedisAddress } from "./service.ts";
import { openState, writePrivate, type State } from "./state.ts";
import { planOf, redisSettings } from "./tenant.ts";

/** For when we are killed: the children end in good order, or a moment later by force. */
const endChildren = 'kill "$@"; sleep 10; kill -9 "$@"';

function childrenOf(state: State): { children: Children; stop: () => Promise<void> } {
  let callOff = (): void => undefined;
  const children = new Children((pids) => {
    callOff();
    callOff = watchdog(endChildren, pids.map(String));
    noteRunning(state, pids);
  });
  const stop = async (): Promise<void> => {
    await children.stop();
    callOff();
  };
  return { children, stop };
}

async function start(
  options: Options,
  plan: Plan,
  children: Children,
  state: State,
): Promise<string> {
  const { syslog, mcpWebSocket } = plan.logService;
  const doors = { syslog: syslog !== null, mcpSocket: mcpWebSocket };
  const ports = await choosePorts(state, options.tenant, options.port, doors);
  const key = giveAccess(state, plan);
  let redis: RedisAddress;
  if (options.redisUrl) {
    redis = await namedRedis(state, options.redisUrl);
  } else {
    const url = await startRedis(children, state, redisSettings(plan));
    redis = { url, username: "app", passwordFile: passwordFile(state, "app") };
  }
  const archive = await startArchive(children, state, plan);
  await startService(children, state, plan, ports, redis, archive);
  const address = `http://127.0.0.1:${ports.http}`;
  writePrivate(state.client, JSON.stringify({ url: address, key }));
  noteRunning(state, children.pids, address);
  return greeting(options, plan, ports, key, state, archive);
}

/** Further signals change nothing: npm repeats each one, and the way down is short. */
function stopAsked(): Promise<"asked"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => resolve("asked"));
    }
  });
}

await main(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    console.log(usage);
    return 0;
  }
  const plan = planOf(options.tenant);
  const state = openState(options.state, options.tenant);
  const asked = stopAsked();
  const leave = await takePlace(state, options.tenant);
  const { children, stop } = childrenOf(state);
  try {
    const starting = start(options, plan, children, state);
    // Stopped half-way, it fails for that reason, which nobody needs to hear.
    starting.catch(() => undefined);
    const started = await Promise.race([starting, asked]);
    if (started === "asked") return 0;
    console.log(started);
    const end = await Promise.race([children.firstToEnd(), asked]);
    if (end !== "asked") throw new ToolError(obituary(end.child, end.how));
    say(`stopping tenant ${options.tenant} ...`);
    return 0;
  } finally {
    await stop();
    leave();
  }
});
