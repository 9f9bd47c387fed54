import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { cpuSeconds, residentBytes, start } from "../ingest/processes.ts";
import { quantile, sorted } from "../support/figures.ts";
import { ask } from "./ask.ts";
import type { Draw, Expected, LoadPlan } from "./load-plan.ts";
import { QUESTIONS, type Peer, type Question } from "./peer.ts";

export interface Latency {
  /** The first time that a question of this kind was put, in milliseconds. */
  readonly cold: number;
  readonly p50: number;
  readonly p99: number;
  /** What the last answer spoke of, to compare with what it should. */
  readonly count: number;
}

export interface Figures {
  readonly name: string;
  readonly seconds: number;
  /** Of all processes, from the first batch until nothing was left to merge. */
  readonly cpuSeconds: number | undefined;
  readonly p50: number;
  readonly p99: number;
  readonly storedBytes: number | undefined;
  readonly idleResident: number | undefined;
  readonly resident: number | undefined;
  readonly questions: ReadonlyMap<Question, Latency>;
}

/** One store's whole run: load, rest, questions. */
export async function measure(
  peer: Peer,
  plan: LoadPlan,
  expected: Expected,
  draw: () => Draw,
): Promise<Figures> {
  console.log(`${peer.name}: ${expected.records} records`);
  await sleep(SETTLE_MS);
  const idleResident = sum(peer.servicePids(), residentBytes);
  const before = sum(peer.pids(), cpuSeconds);
  const load = await sendLoad(peer, plan);
  await untilAtRest(peer);
  const after = sum(peer.pids(), cpuSeconds);
  const storedBytes = await peer.storedBytes();
  const questions = new Map<Question, Latency>();
  for (const question of QUESTIONS) {
    const latency = await time(peer, question, draw);
    if (latency !== undefined) questions.set(question, latency);
  }
  return {
    name: peer.name,
    ...load,
    cpuSeconds: after === undefined || before === undefined ? undefined : after - before,
    storedBytes,
    idleResident,
    resident: sum(peer.servicePids(), residentBytes),
    questions,
  };
}

async function sendLoad(peer: Peer, plan: LoadPlan) {
  const script = fileURLToPath(new URL("load.ts", import.meta.url));
  const order = JSON.stringify({ plan, format: peer.format, ...peer.insert });
  const child = start(process.execPath, [script, order]);
  await child.line();
  child.process.stdin?.write("go\n");
  const outcome: { seconds: number; p50: number; p99: number } = JSON.parse(await child.line());
  await child.end();
  return outcome;
}

/** After its start a process holds what it was started with for a while. */
const SETTLE_MS = 15_000;

/** Below this share of a core a process is at rest: timers and scrapes of its own take some. */
const REST = 0.1;
const WINDOW_MS = 2_000;
const LONGEST_WINDOWS = 60;

/** Merging is part of taking in: waits until the store says it has none left, and uses no time. */
async function untilAtRest(peer: Peer): Promise<void> {
  for (let window = 0; window < LONGEST_WINDOWS; window += 1) {
    const before = sum(peer.pids(), cpuSeconds) ?? 0;
    await sleep(WINDOW_MS);
    const used = (sum(peer.pids(), cpuSeconds) ?? 0) - before;
    const debt = (await peer.debt()) ?? 0;
    if (debt === 0 && used < (REST * WINDOW_MS) / 1000) return;
  }
  console.log(`${peer.name} did not come to rest; its figures count what it did until now`);
}

async function time(
  peer: Peer,
  question: Question,
  draw: () => Draw,
): Promise<Latency | undefined> {
  const times: number[] = [];
  let cold: number | undefined;
  let count = 0;
  for (let round = 0; round <= peer.rounds; round += 1) {
    const put = peer.ask(question, draw());
    if (put === undefined) return undefined;
    const answer = await ask(put);
    count = answer.count;
    if (cold === undefined) cold = answer.ms;
    else times.push(answer.ms);
  }
  const list = sorted(times);
  return { cold: cold ?? 0, p50: quantile(list, 0.5), p99: quantile(list, 0.99), count };
}

/** Undefined for a store whose processes are not on this machine. */
function sum(pids: readonly number[], read: (pid: number) => number): number | undefined {
  return pids.length === 0 ? undefined : pids.reduce((all, pid) => all + read(pid), 0);
}
