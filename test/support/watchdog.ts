import { spawn } from "node:child_process";

/**
 * Sees to it that a process and its folder are gone even when this process is killed with -9: a
 * shell waits on a pipe that only we hold open, and the kernel closes it when we die.
 * @returns calls the watchdog off, for when everything was cleared away as planned
 */
export function watch(pid: number, folder: string): () => void {
  const script = 'read _; kill -9 "$1" 2>/dev/null; rm -rf "$2"';
  const dog = spawn("/bin/sh", ["-c", script, "sh", String(pid), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a session of its own, or Ctrl-C would take the watchdog before its work is done.
    detached: true,
  });
  dog.unref();
  // Killing it closes the pipe under a write that never happens; nobody needs to hear of it.
  dog.stdin.on("error", () => undefined);
  if ("unref" in dog.stdin && typeof dog.stdin.unref === "function") dog.stdin.unref();
  return () => {
    dog.kill("SIGKILL");
  };
}
