import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { z } from "zod";

import { freePort } from "../tools/port.ts";
import { startBareServer } from "./mcp/bare.ts";
import { callMany, connect, type Calls, type LoadOptions, type RawClient } from "./mcp/load.ts";
import { cpuSeconds, mainThreadSeconds } from "./ingest/processes.ts";
import { BENCH_KEY, startLogService } from "./ingest/subjects.ts";

const HELP = `npm run bench -- mcp [--calls 60000] [--flight 64] [--rounds 3]
  logger_log over one WebSocket, each call a record of its own, acknowledged when kept (appendfsync always),
  and all of them found again. Beside it one call at a time, and the SDK alone: the same calls to a tool of the
  same schema that does nothing, over the SDK's own way through a WebSocket.`;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: "string", default: "60000" },
      flight: { type: "string", default: "64" },
      rounds: { type: "string", default: "3" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const [calls, flight, rounds] = [values.calls, values.flight, values.rounds].map(Number);
  if (calls === undefined || flight === undefined || rounds === undefined) return;
  // What was started ends also where a later part does not come about.
  await using started = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "neurallog-mcp-"));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const socketPort = await freePort();
  const subject = await startLogService(folder, undefined, {
    NEURALLOG_MCP_WS_PORT: String(socketPort),
  });
  started.defer(() => subject.end());
  const bare = await startBareServer();
  started.defer(() => bare.end());
  const ours = await connect(`ws://127.0.0.1:${socketPort}`, BENCH_KEY);
  const plain = await connect(`ws://127.0.0.1:${bare.port}`, "none");
  // What is compiled in the first second is nobody's figure.
  await callMany(ours, { calls: Math.min(calls, 5_000), flight, run: "warm" });
  await callMany(plain, { calls: Math.min(calls, 2_000), flight, run: "warm" });
  const best = { ours: 0, one: 0, sdk: 0 };
  for (let round = 1; round <= rounds; round += 1) {
    const service = subject.service.pid;
    const many = await measured(service, ours, { calls, flight, run: `many-${round}` });
    const few = Math.ceil(calls / 30);
    const one = await measured(service, ours, { calls: few, flight: 1, run: `one-${round}` });
    const sdk = await measured(bare.pid, plain, {
      calls: Math.ceil(calls / 6),
      flight,
      run: `sdk-${round}`,
    });
    console.log(`round ${round}`);
    print(`  logger_log, ${flight} in flight`, many);
    print("  logger_log, one in flight", one);
    print(`  the SDK alone, ${flight} in flight`, sdk);
    await found(subject.url, `many-${round}`, calls);
    best.ours = Math.max(best.ours, many.perSecond);
    best.one = Math.max(best.one, one.perSecond);
    best.sdk = Math.max(best.sdk, sdk.perSecond);
  }
  console.log(
    `best: ${Math.round(best.ours)}/s, ${(best.ours / best.one).toFixed(1)} times one in flight, ${(best.ours / best.sdk).toFixed(1)} times the SDK alone`,
  );
  ours.close();
  plain.close();
}

interface Measured extends Calls {
  /** In microseconds a call: what other work on the machine does not change much. */
  readonly cpu: { readonly server: number; readonly mainThread: number; readonly client: number };
}

async function measured(pid: number, client: RawClient, load: LoadOptions): Promise<Measured> {
  const own = () => process.cpuUsage().user + process.cpuUsage().system;
  const before = { server: cpuSeconds(pid), mainThread: mainThreadSeconds(pid), client: own() };
  const calls = await callMany(client, load);
  const cpu = {
    server: ((cpuSeconds(pid) - before.server) * 1e6) / load.calls,
    mainThread: ((mainThreadSeconds(pid) - before.mainThread) * 1e6) / load.calls,
    client: (own() - before.client) / load.calls,
  };
  return { ...calls, cpu };
}

function print(name: string, { perSecond, p50, p99, cpu }: Measured): void {
  const rate = String(Math.round(perSecond)).padStart(7);
  const used = `${cpu.server.toFixed(0)} us of CPU a call (main thread ${cpu.mainThread.toFixed(0)}), client ${cpu.client.toFixed(0)}`;
  const times = `p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  ${used}`;
  console.log(`${name.padEnd(34)} ${rate}/s  ${times}`);
}

/** Every record that was acknowledged is there, once. */
async function found(url: string, run: string, expected: number): Promise<void> {
  const reply = await fetch(`${url}/count?${new URLSearchParams({ "metadata.run": run })}`, {
    headers: { authorization: `Bearer ${BENCH_KEY}` },
  });
  const { count } = z.object({ count: z.int() }).parse(await reply.json());
  if (count !== expected) throw new Error(`${expected} were acknowledged and ${count} found`);
  console.log(`  all ${count} found again`);
}
