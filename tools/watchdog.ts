import { spawn } from "node:child_process";

/**
 * Has a shell script run when this process is gone, kill -9 included: a shell waits on a pipe that
 * only we hold open, and the kernel closes it when we die.
 * @param script what to run; its arguments are $1, $2 and so on
 * @returns calls the watchdog off, for when everything was cleared away as planned
 */
export function watchdog(script: string, args: readonly string[]): () => void {
  const dog = spawn("/bin/sh", ["-c", `read _\n${script}`, "watchdog", ...args], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a session of its own, or Ctrl-C would take the watchdog before its work is done.
    detached: true,
  });
  // It must not keep us running, neither as a process nor as an open pipe.
  dog.unref();
  if ("unref" in dog.stdin && typeof dog.stdin.unref === "function") dog.stdin.unref();
  dog.stdin.on("error", () => undefined);
  return () => void dog.kill("SIGKILL");
}
