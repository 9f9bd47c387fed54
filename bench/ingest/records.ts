import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the benchmark sends: records of log lines, about 280 bytes of JSON each. */
export interface BenchRecord {
  readonly timestamp: string;
  readonly level: string;
  readonly message: string;
  readonly source: string;
  readonly trace_id: string;
  readonly metadata: { readonly user_id: number; readonly host: string; readonly ms: number };
}

/** Lines of services that exist in every company, for machines without a folder of logs. */
const SHAPES = [
  "Receiving block blk_5792489080791696128 src: /10.251.30.6:33145 dest: /10.251.30.6:50010",
  "PacketResponder 1 for block blk_38865049064139660 terminating",
  "Failed password for invalid user admin from 119.137.62.142 port 49116 ssh2",
  "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=218.188.2.4 user=root",
  '10.11.10.1 "GET /v2/54fadb412c4e40cdbaed9335e4c35a9e/servers/detail HTTP/1.1" status: 200 len: 1893 time: 0.2477829',
  "[instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Started (Lifecycle Event)",
  "Received connection request /10.10.34.11:45307",
  "Connection broken for id 188978561024, my id = 1, error = java.net.SocketException: Connection reset",
  "Task 40.0 in stage 0.0 (TID 40). 2703 bytes result sent to driver",
  "Reading broadcast variable 9 took 17 ms, 4.2 KB in memory, 31850.4 KB free",
  "generating core.2275 after 12034 cycles at 0x00af3c19",
  "mod_jk child workerEnv in error state 6 while serving checkout for customer 884211",
];

const LEVELS = ["DEBUG", "INFO", "INFO", "INFO", "INFO", "INFO", "WARN", "ERROR"];
const SOURCES = ["checkout", "payments", "gateway", "search", "datanode", "scheduler", "auth"];

/** Lines of a folder of `*.log` files, or the built-in shapes. */
export function readShapes(folder: string | undefined): readonly string[] {
  if (folder === undefined) return SHAPES;
  const lines = readdirSync(folder)
    .filter((file) => file.endsWith(".log"))
    .flatMap((file) => readFileSync(join(folder, file), "utf8").split(/\r?\n/))
    .filter((line) => line !== "");
  if (lines.length === 0) throw new Error(`${folder} has no *.log file with lines`);
  return lines;
}

/** A repeatable source of numbers from 0 up to `below`: xorshift32. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * Makes records one by one. Every number and id of a line is drawn anew: repeated lines would
 * flatter compression. A trace has about five records.
 */
export function recordMaker(shapes: readonly string[], seed: number): () => BenchRecord {
  const random = randomNumbers(seed);
  const traces = Array.from({ length: 16 }, () => hex(random, 32));
  let clock = Date.UTC(2026, 0, 5, 9) + seed;
  return () => {
    clock += random(4);
    const slot = random(traces.length);
    if (random(5) === 0) traces[slot] = hex(random, 32);
    return {
      timestamp: new Date(clock).toISOString(),
      level: pick(LEVELS, random),
      message: redraw(pick(shapes, random), random),
      source: pick(SOURCES, random),
      trace_id: traces[slot] ?? "",
      metadata: { user_id: random(1_000_000), host: `web-${random(20)}`, ms: random(3_000) },
    };
  };
}

/** Runs of digits, hex digits of ids included, are drawn anew at their length. */
function redraw(line: string, random: (below: number) => number): string {
  return line.replace(/\b[0-9a-f]{8,}\b|\d+/g, (run) =>
    /[a-f]/.test(run) ? hex(random, run.length) : digits(random, run.length),
  );
}

function digits(random: (below: number) => number, length: number): string {
  let text = "";
  while (text.length < length) text += random(10);
  return text;
}

function hex(random: (below: number) => number, length: number): string {
  let text = "";
  while (text.length < length) text += random(16).toString(16);
  return text;
}

function pick<T>(values: readonly T[], random: (below: number) => number): T {
  const value = values[random(values.length)];
  if (value === undefined) throw new RangeError("nothing to pick from");
  return value;
}
