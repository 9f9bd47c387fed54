import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { freePort } from "../tools/port.ts";
import { until } from "./ingest/processes.ts";
import { BENCH_KEY, startLogService } from "./ingest/subjects.ts";
import { quantile, sorted, timed } from "./support/figures.ts";
import {
  call,
  overHttp,
  overStdio,
  overWebSocket,
  startEcho,
  startTapOn,
  type Way,
} from "./tap/ways.ts";

const HELP = `npm run bench -- tap [--messages 5000] [--size 300]
  What the tap adds to a message and its answer, over each transport, with a log service that records both:
  each message goes directly and through the tap in turn, so that what else the machine does falls on both.`;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: "string", default: "5000" },
      size: { type: "string", default: "300" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  // What was started ends also where a later part does not come about.
  await using started = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "neurallog-tap-"));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const [messages, size] = [Number(values.messages), Number(values.size)];
  const [port, tapPort, health] = [await freePort(), await freePort(), await freePort()];
  const subject = await startLogService(folder);
  started.defer(() => subject.end());
  const env = { NEURALLOG_URL: new URL(subject.url).origin, NEURALLOG_KEY: BENCH_KEY };
  const target = `http://127.0.0.1:${port}`;
  const echo = startEcho(port);
  started.defer(() => echo.end());
  const tap = startTapOn(target, { port: tapPort, health }, env);
  started.defer(() => tap.end());
  await until("the server", () => answers(`${target}/`));
  await until("the tap", () => answers(`http://127.0.0.1:${health}/health`));
  const through = `127.0.0.1:${tapPort}`;
  await compare("stdio", overStdio(undefined), overStdio(env), messages, size);
  await compare("http", overHttp(target), overHttp(`http://${through}/`), messages, size);
  await compare(
    "websocket",
    await overWebSocket(target.replace("http", "ws")),
    await overWebSocket(`ws://${through}`),
    messages,
    size,
  );
  // Two transports of one tap: messages and their answers, and what warmed them up.
  const state = await until("the records", () => recorded(health));
  console.log(`recorded ${state.recorded} of both over one tap, dropped ${state.dropped}`);
}

async function compare(
  name: string,
  direct: Way,
  tapped: Way,
  messages: number,
  size: number,
): Promise<void> {
  const times = { direct: [] as number[], tapped: [] as number[], added: [] as number[] };
  // Until what is compiled has been compiled.
  const warmUp = Math.min(3_000, messages);
  for (let at = -warmUp; at < messages; at += 1) {
    const text = call(at, size);
    // Whoever is second finds caches that the first one warmed: they take turns.
    const first = at % 2 === 0 ? direct : tapped;
    const one = await timed(() => first.ask(text));
    const other = await timed(() => (first === direct ? tapped : direct).ask(text));
    if (at < 0) continue;
    const [straight, through] = first === direct ? [one, other] : [other, one];
    times.direct.push(straight);
    times.tapped.push(through);
    times.added.push(through - straight);
  }
  await direct.close();
  await tapped.close();
  const [a, b, added] = [sorted(times.direct), sorted(times.tapped), sorted(times.added)];
  const ms = (value: number) => value.toFixed(3).padStart(7);
  const pair = (list: readonly number[]) =>
    [0.5, 0.9, 0.99].map((part) => ms(quantile(list, part))).join(" / ");
  console.log(`${name}, ${messages} messages of ${size} bytes, ms at p50 / p90 / p99`);
  console.log(`  direct        ${pair(a)}`);
  console.log(`  through a tap ${pair(b)}`);
  console.log(`  added         ${pair(added)}   (of each pair)`);
}

async function answers(url: string): Promise<true | undefined> {
  try {
    await fetch(url);
    return true;
  } catch {
    return undefined;
  }
}

async function recorded(
  health: number,
): Promise<{ readonly recorded: number; readonly dropped: number } | undefined> {
  const answer = await fetch(`http://127.0.0.1:${health}/health`);
  const { recording } = JSON.parse(await answer.text());
  return recording.queued === 0 && recording.recorded > 0 ? recording : undefined;
}
