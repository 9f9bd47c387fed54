import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { tryLock, withLock } from "../../tools/lock.mjs";

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-lock-"));
  lock = join(folder, "lock");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process that takes the lock and keeps it until it is killed. */
async function holder(): Promise<{ pid: number; kill: () => Promise<void> }> {
  const source = new URL("../../tools/lock.mjs", import.meta.url).href;
  const script = `const { tryLock } = await import(${JSON.stringify(source)});
    console.log(Object.keys(tryLock(${JSON.stringify(lock)})).join());
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said]: unknown[] = await once(child.stdout, "data");
  expect(String(said)).toBe("release\n");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { pid: child.pid ?? 0, kill };
}

describe("a lock file", () => {
  test("is refused while another process holds it, and says which", async () => {
    const other = await holder();
    expect(tryLock(lock)).toEqual({ heldBy: other.pid });
    await other.kill();
  });

  test("of a process that was killed is taken over", async () => {
    await (await holder()).kill();
    expect(tryLock(lock)).toHaveProperty("release");
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  test.runIf(process.platform === "linux")(
    "whose holder's process id now belongs to a stranger is taken over",
    () => {
      writeFileSync(lock, JSON.stringify({ pid: process.pid, birth: "1" }));
      expect(tryLock(lock)).toHaveProperty("release");
    },
  );

  test("with garbage in it is taken over", () => {
    writeFileSync(lock, "{");
    expect(tryLock(lock)).toHaveProperty("release");
  });

  test("lets one in at a time and everybody in the end", async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(5);
      inside--;
    };
    await Promise.all([1, 2, 3, 4].map(() => withLock(lock, work)));
    expect([most, inside]).toEqual([1, 0]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is given back when the work throws", async () => {
    await expect(withLock(lock, () => Promise.reject(new Error("broken")))).rejects.toThrow(
      "broken",
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("of a dead holder goes to exactly one of many processes that want it at once", async () => {
    await (await holder()).kill();
    const source = new URL("../../tools/lock.mjs", import.meta.url).href;
    const script = `const { tryLock } = await import(${JSON.stringify(source)});
      process.stdout.write("ready");
      await new Promise((go) => process.stdin.once("data", go));
      console.log("release" in tryLock(${JSON.stringify(lock)}) ? "mine" : "held");
      setInterval(() => {}, 1000);`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["pipe", "pipe", "inherit"],
      }),
    );
    await Promise.all(children.map((child) => once(child.stdout, "data")));
    const answers = children.map(async (child): Promise<string> => {
      child.stdin.write("go");
      const [said]: unknown[] = await once(child.stdout, "data");
      return String(said).trim();
    });
    expect((await Promise.all(answers)).toSorted()).toEqual(["held", "held", "held", "mine"]);
    for (const child of children) child.kill("SIGKILL");
  });
});
