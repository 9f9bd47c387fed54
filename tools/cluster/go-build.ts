import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";

import type { Machine } from "../machine.ts";
import { ToolError } from "../say.ts";

interface Options {
  /** The folder with go.mod and go.sum. */
  work: string;
  into: string;
  /** The linker's flags. */
  link: string;
  machine: Pick<Machine, "say">;
}

/** How often a build that takes minutes says that it lives. */
const TELL_MS = 20_000;

/**
 * Builds packages of the module in `work`, and says how far it is: a first build downloads gigabytes
 * and compiles for minutes, and silence looks like a hang to CI.
 */
export async function goBuild(
  go: string,
  packages: readonly string[],
  { work, into, link, machine }: Options,
): Promise<void> {
  mkdirSync(into, { recursive: true });
  const flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-v", "-ldflags", link];
  const child = spawn(go, ["build", ...flags, "-o", `${into}/`, ...packages], {
    cwd: work,
    env: goEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const started = Date.now();
  let compiled = 0;
  let downloaded = 0;
  // The last lines are what went wrong, if it did.
  const tail: string[] = [];
  const lines = createInterface({ input: child.stderr });
  lines.on("line", (line) => {
    if (line.startsWith("go: downloading ")) downloaded++;
    else if (/^[\w./~-]+$/.test(line)) compiled++;
    else {
      tail.push(line);
      if (tail.length > 40) tail.shift();
    }
  });
  const tell = setInterval(() => {
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    machine.say(`  ${seconds} s: ${downloaded} modules downloaded, ${compiled} packages compiled`);
  }, TELL_MS);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (ended) => resolve(ended ?? 1));
    });
    if (code !== 0) throw new ToolError(`Go could not build them:\n${tail.join("\n")}`);
  } finally {
    clearInterval(tell);
  }
}

/** Go without the user's own flags and workspaces; the sum database stays as it is set up. */
export function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOWORK: "off", CGO_ENABLED: "0", GOFLAGS: "" };
}
