import { once } from "node:events";
import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that is killed and comes back, with what it had on the disk. */
export interface Victim {
  readonly name: string;
  /** kill -9 and a new start; resolves when it serves again. */
  kill(): Promise<void>;
  /** Stopped for so long, as by a machine that hangs. */
  hang(ms: number): Promise<void>;
  end(): Promise<void>;
}

export async function startVictim(
  name: string,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  serves: () => Promise<boolean>,
): Promise<Victim> {
  let child: ChildProcess = launch();
  process.once("exit", () => child.kill("SIGKILL"));
  function launch(): ChildProcess {
    return spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  async function untilItServes(): Promise<void> {
    for (let tries = 0; tries < 3_000; tries += 1) {
      if (child.exitCode !== null) throw new Error(`${name} ended by itself`);
      if (await serves().catch(() => false)) return;
      await sleep(20);
    }
    throw new Error(`${name} does not serve`);
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
  await untilItServes();
  return {
    name,
    kill: async () => {
      await end("SIGKILL");
      child = launch();
      await untilItServes();
    },
    hang: async (ms) => {
      child.kill("SIGSTOP");
      await sleep(ms);
      child.kill("SIGCONT");
      await untilItServes();
    },
    end: () => end("SIGTERM"),
  };
}
