import { setFlagsFromString } from "node:v8";

import { CommanderError } from "commander";

import { readConfig, type TapConfig } from "./config.ts";
import { reasonOf, TapError } from "./errors.ts";
import { listenForHealth } from "./health.ts";
import { forwardOnly } from "./recording/forward-only.ts";
import { Recording } from "./recording/recording.ts";
import { listenBetween } from "./relay/listen.ts";
import { endAs, relayStdio } from "./relay/stdio.ts";

/** Standard output is the server's alone: one stray line there would break the protocol. */
const say = (text: string) => void process.stderr.write(`mcp-tap: ${text}\n`);

// What is forwarded is garbage at once, and next to nothing of it is kept: a young generation that stays as small as it
// starts (some MB) is collected more often and costs no more. Its greatest size can no longer be set here.
setFlagsFromString("--semi-space-growth-factor=1");

// Whoever started us may have stopped listening: what goes on is worth more than what is said of it.
process.stderr.on("error", () => {});

try {
  await run(readConfig(process.argv.slice(2), process.env));
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has said it already; help and version are no errors.
    process.exit(error.exitCode === 0 ? 0 : 2);
  }
  const isKnown = error instanceof TapError;
  say(isKnown ? `${error.message} (${error.code})` : reasonOf(error));
  process.exit(isKnown ? error.exit : 1);
}

async function run(config: TapConfig): Promise<void> {
  const { server, record } = config;
  if (config.whyNot !== undefined) say(`records nothing (${config.whyNot}); forwards all the same`);
  const recording = record === undefined ? undefined : new Recording({ ...record, say });
  const observer = recording ?? forwardOnly;
  await openHealth(config, recording);
  if (server.kind === "command") {
    const { command, args } = server;
    const ended = await relayStdio({ command, args, env: config.childEnv, observer });
    await recording?.end();
    endAs(ended);
    return;
  }
  const { target } = server;
  const { host, port, hosts } = config;
  const relay = await listenBetween({ target, host, port, hosts, observer });
  if (record !== undefined && isOwn(record.url, relay.port))
    throw new TapError(
      "TAP_USAGE",
      "the log service's address is the tap's own: it would record itself",
    );
  const path = target.pathname === "/" ? "" : target.pathname;
  const scheme = target.protocol.startsWith("ws") ? "ws" : "http";
  say(`${scheme}://${host}:${relay.port}${path} -> ${target.href}`);
  await untilTold();
  await relay.close();
  await recording?.end();
  process.exit(0);
}

/** Without it everything else goes on: a port that is taken must not keep a client from its server. */
async function openHealth({ health, server }: TapConfig, recording: Recording | undefined) {
  if (health === undefined) return;
  const started = Date.now();
  const shown = server.kind === "command" ? server.command : server.target.origin;
  try {
    const port = await listenForHealth({
      ...health,
      state: () => ({
        status: "forwarding",
        server: shown,
        uptime_seconds: Math.round((Date.now() - started) / 1000),
        recording: recording?.state() ?? null,
      }),
    });
    say(`health at http://${health.host}:${port}/health`);
  } catch (error) {
    say(`no health endpoint: ${reasonOf(error)}`);
  }
}

/** A tap that records through itself would record each of its records. */
function isOwn(url: string, port: number): boolean {
  const { hostname, port: named } = new URL(url);
  return Number(named) === port && /^(localhost|127\.|\[::1\])/.test(hostname);
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
