import { resolve } from "node:path";

import { ToolError } from "../say.ts";

interface ClusterOptions {
  /** For the harness. */
  harness: string[];
  /** Where each plane's logs go. */
  logs: string | undefined;
  /** How many planes side by side; what the machine has room for if not given. */
  lanes: number | undefined;
  /** For vitest: folders, names of tests. */
  vitest: string[];
  /** Whether tests were asked for by name: then the others are skipped on purpose. */
  named: boolean;
}

/** `--kubeconfig <file>`, `--disposable`, `--logs <folder>` and `--lanes <n>` are ours, the rest is vitest's. */
export function readClusterOptions(args: readonly string[]): ClusterOptions {
  const options: ClusterOptions = {
    harness: [],
    logs: undefined,
    lanes: undefined,
    vitest: [],
    named: false,
  };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const [name = "", inline] = arg.split("=", 2);
    const value = (): string => inline ?? args[++index] ?? "";
    // Paths count from where they were typed; the suite runs in the repository's folder.
    if (name === "--kubeconfig") options.harness.push(name, resolve(value()));
    else if (name === "--logs") options.logs = resolve(value());
    else if (name === "--lanes") options.lanes = lanesIn(value());
    else if (arg === "--disposable") options.harness.push(arg);
    else options.vitest.push(arg);
  }
  options.named = options.vitest.some((word) => /^(-t|--testNamePattern)(=|$)/.test(word));
  // A cluster that somebody brought is one.
  if (options.harness.includes("--kubeconfig")) options.lanes = 1;
  return options;
}

function lanesIn(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new ToolError(`--lanes asks for a number from 1 to 99, not for "${text}"`);
}
