import { resolve } from "node:path";

interface ClusterOptions {
  /** For the harness. */
  harness: string[];
  /** For vitest: folders, names of tests. */
  vitest: string[];
}

/** `--kubeconfig <file>`, `--disposable` and `--logs <folder>` are the harness', the rest is vitest's. */
export function readClusterOptions(args: readonly string[]): ClusterOptions {
  const harness: string[] = [];
  const vitest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const [name = "", inline] = arg.split("=", 2);
    if (name === "--kubeconfig" || name === "--logs") {
      // Paths count from where they were typed; the suite runs in the repository's folder.
      harness.push(name, resolve(inline ?? args[++index] ?? ""));
    } else if (arg === "--disposable") harness.push(arg);
    else vitest.push(arg);
  }
  return { harness, vitest };
}
