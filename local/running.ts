import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { birth, isAlive, tryLock } from "../tools/lock.mjs";
import { ToolError } from "../tools/say.ts";
import { readJson, writePrivate, type State } from "./state.ts";

const processSchema = z.object({ pid: z.number().int().positive(), birth: z.string() });
const schema = z.object({ address: z.string().optional(), children: z.array(processSchema) });

/** How long the children of a killed start may still need: its watchdog ends them in order. */
const patienceMs = 20_000;

/**
 * Makes this process the only one that runs the tenant from this state folder. What a start that
 * was killed left behind is cleared away first: two Redis servers on one file would ruin it.
 * @throws ToolError when one runs already
 * @returns gives the place free
 */
export async function takePlace(state: State, tenant: string): Promise<() => void> {
  const lock = tryLock(state.lock);
  const old = schema.safeParse(readJson(state.running)).data;
  if ("heldBy" in lock) {
    const address = old?.address ? ` at ${old.address}` : ", which is just starting or stopping";
    throw new ToolError(
      `tenant ${tenant} runs already: process ${lock.heldBy}${address}. ` +
        `Stop it with Ctrl-C where it runs, or with: kill ${lock.heldBy}`,
    );
  }
  await clearAway(old?.children ?? []);
  rmSync(state.running, { force: true });
  return () => {
    rmSync(state.running, { force: true });
    lock.release();
  };
}

/** Notes what runs, for whoever starts next; the address once it answers there. */
export function noteRunning(state: State, pids: number[], address?: string): void {
  const children = pids.map((pid) => ({ pid, birth: birth(pid) }));
  writePrivate(state.running, JSON.stringify({ address, children }));
}

async function clearAway(children: z.infer<typeof processSchema>[]): Promise<void> {
  const until = Date.now() + patienceMs;
  for (const child of children.toReversed()) {
    while (isAlive(child)) {
      process.kill(child.pid, Date.now() < until ? "SIGTERM" : "SIGKILL");
      await sleep(200);
    }
  }
}
