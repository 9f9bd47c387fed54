import { spawn, type SpawnOptions } from "node:child_process";

export interface Finished {
  /** Exit code; a signal counts as 1, as the one that ends what runs longer than `timeout` does; 127 when the program could not be started. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and keeps what it wrote. Never throws: the caller says what a failure means. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "cwd" | "env" | "timeout"> = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      killSignal: "SIGKILL",
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const text = (parts: Buffer[]): string => Buffer.concat(parts).toString("utf8");
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.on("data", (part: Buffer) => err.push(part));
    child.on("error", (error) => resolve({ code: 127, stdout: "", stderr: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, stdout: text(out), stderr: text(err) }));
  });
}
