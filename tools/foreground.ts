import { spawn } from "node:child_process";
import { constants } from "node:os";
import { isatty } from "node:tty";

interface Options {
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program on our own terminal to its end, signals included.
 * @returns its exit code, 128 and the signal's number when a signal ended it, as in a shell
 */
export function runInForeground(
  command: string,
  args: readonly string[],
  options: Options,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: "inherit" });
    const terminate = (): void => void child.kill("SIGTERM");
    // A terminal's Ctrl-C reaches the child by itself; we only wait for how it ends.
    const interrupt = (): void => void (isatty(0) || child.kill("SIGINT"));
    process.on("SIGTERM", terminate);
    process.on("SIGINT", interrupt);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGTERM", terminate);
      process.off("SIGINT", interrupt);
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}
