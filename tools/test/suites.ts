import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { runInForeground } from "../foreground.ts";
import { root } from "../root.ts";
import { say } from "../say.ts";
import { COUNTS_FILE, toldIn } from "./close.ts";
import { add, type Counts, nothing } from "./counts.ts";

/**
 * Runs suites one after the other, also after one has failed; none is begun any more after a signal to leave, and what
 * was not begun counts as failed.
 * @param suites npm's name of each, and its entry
 */
export async function runSuites(suites: Readonly<Record<string, string>>): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-ci-"));
  let asked: NodeJS.Signals | undefined;
  const leave = (signal: NodeJS.Signals): void => void (asked = signal);
  process.on("SIGTERM", leave);
  process.on("SIGINT", leave);
  try {
    let all = nothing;
    for (const [name, entry] of Object.entries(suites)) {
      if (asked === undefined) all = add(all, await runSuite(name, entry, folder));
      else {
        say(`npm run ${name}: not begun after ${asked}`);
        all = add(all, { ...nothing, failed: 1 });
      }
    }
    return all;
  } finally {
    process.off("SIGTERM", leave);
    process.off("SIGINT", leave);
    await rm(folder, { recursive: true, force: true });
  }
}

async function runSuite(name: string, entry: string, folder: string): Promise<Counts> {
  const file = join(folder, `${name.replace(":", "-")}.json`);
  const started = Date.now();
  say(`npm run ${name} ...`);
  const code = await runInForeground(process.execPath, [resolve(root, entry)], {
    cwd: root,
    env: { ...process.env, [COUNTS_FILE]: file },
  });
  const counts = toldIn(file);
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  say(`npm run ${name}: exit code ${code} after ${minutes} minutes`);
  // Whatever made it end with an error counts, though it told of none.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
