// Measures one subject in a process of its own, so that what the engine learned of one is no other's: prints two figures
// as JSON. Both are CPU time, which others on the machine disturb less than they do a clock.
import { setImmediate as turn } from "node:timers/promises";

import { isSubjectName, SUBJECTS } from "./subjects.ts";

const [name = "", url = "", calls = "0", rounds = "0"] = process.argv.slice(2);
if (!isSubjectName(name)) throw new Error(`no subject is called ${name}`);
const subject = SUBJECTS[name](url);
const isDisabled = name.startsWith("disabled");
// An application logs a little and does something else: what is sent meanwhile is counted apart.
const BURST = isDisabled ? 1_000_000 : 1_000;

async function round(from: number, count: number): Promise<number> {
  let inside = 0;
  for (let done = 0; done < count; done += BURST) {
    const start = process.threadCpuUsage();
    for (let n = 0; n < BURST; n++) subject.call(from + done + n);
    const { user, system } = process.threadCpuUsage(start);
    inside += (user + system) * 1_000;
    if (!isDisabled) await turn();
  }
  return inside / count;
}

const count = Math.ceil(Number(calls) / BURST) * BURST * (isDisabled ? 10 : 1);
await round(0, Math.max(BURST, count / 4));
const found: number[] = [];
const cpu = process.cpuUsage();
for (let each = 0; each < Number(rounds); each++) found.push(await round(each * count, count));
await subject.end();
const { user, system } = process.cpuUsage(cpu);
const median = found.toSorted((a, b) => a - b)[found.length >> 1] ?? Number.NaN;
const cpuNs = ((user + system) * 1_000) / (count * Number(rounds));
console.log(JSON.stringify({ median, cpuNs }));
