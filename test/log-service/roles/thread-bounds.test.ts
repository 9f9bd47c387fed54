import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect, test } from "vitest";
import { z } from "zod";

const OWN_BOUNDS = new URL(
  "../../../apps/log-service/src/query/engine/worker/own-bounds.ts",
  import.meta.url,
).href;

/** Limits in MiB of a process that is started as a pod is, and of a thread that was given 64. */
const PROGRAM = `
  import { getHeapStatistics } from "node:v8";
  import { Worker } from "node:worker_threads";
  if (process.argv[1] === "left") {
    (await import(${JSON.stringify(OWN_BOUNDS)})).leaveThreadsTheirBounds();
  }
  const worker = new Worker(
    \`import { getHeapStatistics } from "node:v8";
     import { parentPort } from "node:worker_threads";
     parentPort.postMessage(Math.round(getHeapStatistics().heap_size_limit / 2 ** 20));\`,
    { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 } },
  );
  worker.on("message", (thread) => {
    const process = Math.round(getHeapStatistics().heap_size_limit / 2 ** 20);
    console.log(JSON.stringify({ process, thread }));
  });
`;

const measured = z.object({ process: z.number(), thread: z.number() });

async function limits(...args: string[]): Promise<z.infer<typeof measured>> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", PROGRAM, ...args],
    { env: { NODE_OPTIONS: "--max-old-space-size=300 --max-semi-space-size=16" } },
  );
  return measured.parse(JSON.parse(stdout));
}

test("a thread has the heap that it was given, whatever the pod gives its process", async () => {
  const { process: own, thread } = await limits("left");
  expect(own).toBeGreaterThanOrEqual(300);
  expect(thread).toBeLessThan(100);
});

test("Node alone gives a thread what the process has, so it is for us to mend", async () => {
  expect((await limits()).thread).toBeGreaterThanOrEqual(300);
});
