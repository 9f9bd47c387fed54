import { join } from "node:path";

import { runProgram } from "../process.ts";
import { root } from "../root.ts";
import { checkRooms } from "./rooms.ts";

export interface Check {
  name: string;
  /** What is wrong, for people; empty when nothing is. */
  run: () => Promise<string>;
}

/** What the sources must hold before any of them is run. */
export const checks: Check[] = [
  { name: "lint", run: () => program("oxlint", ["--deny-warnings"]) },
  { name: "format", run: () => program("oxfmt", ["--check", "."]) },
  { name: "types", run: () => program("tsc", ["--noEmit", "--pretty", "false"]) },
  { name: "rooms", run: async () => checkRooms(root).join("\n") },
];

async function program(name: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(
    join(root, "node_modules", ".bin", name),
    args,
    {
      cwd: root,
    },
  );
  return code === 0 ? "" : `${stdout}${stderr}`.trim() || `${name} ended with code ${code}`;
}

/**
 * Runs all checks, the later ones also when an earlier one fails, and prints how each went.
 * @returns how many failed
 */
export async function runChecks(print: (line: string) => void): Promise<number> {
  let failed = 0;
  for (const { name, run } of checks) {
    const started = performance.now();
    const wrong = await run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(`${wrong === "" ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
    if (wrong === "") continue;
    failed += 1;
    print(wrong);
  }
  return failed;
}
