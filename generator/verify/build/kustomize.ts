import { BUILD_MILLISECONDS } from "../../limits.ts";
import { runProgram } from "../../../tools/process.ts";

/** The output of `kustomize build`, or why there is none. */
export async function kustomizeBuild(
  kustomize: string,
  root: string,
  folder: string,
  timeout: number = BUILD_MILLISECONDS,
): Promise<{ text: string } | { problem: string }> {
  // A build is over before a garbage collection would pay: a quarter of its time.
  const env = { ...process.env, GOGC: "off" };
  const started = performance.now();
  const { code, stdout, stderr } = await runProgram(kustomize, ["build", folder], {
    cwd: root,
    env,
    timeout,
  });
  if (code === 0) return { text: stdout };
  if (performance.now() - started >= timeout) {
    return { problem: `kustomize was not done after ${timeout / 1000} s` };
  }
  return { problem: stderr.trim() || `kustomize ended with code ${code}` };
}

/** Calls `work` for each item, at most `width` at a time. Rejects with the first error, once all that run have ended. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: width }, worker));
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}
