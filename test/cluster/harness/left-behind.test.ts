import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { root } from "../../../tools/root.ts";
import { eventually } from "../support/eventually.ts";

let folder: string;
let mark: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "left-"));
  mark = `NEURALLOG_LEFT_BEHIND=${folder}`;
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts a whole plane of its own, whose command says that it runs and then waits for ever. */
async function start(options: readonly string[]): Promise<ChildProcess> {
  const running = join(folder, "running");
  const [name = "", value] = mark.split("=");
  const child = spawn(
    process.execPath,
    [
      join(root, "tools/cluster/main.ts"),
      ...options,
      "sh",
      "-c",
      `touch ${running}; sleep 1000 & wait`,
    ],
    { env: { ...process.env, TMPDIR: folder, [name]: value }, stdio: "ignore" },
  );
  await eventually("the plane is up", async () => existsSync(running));
  return child;
}

/** Processes that inherited the mark, and those in another network namespace than ours. */
function processes(): { marked: string[]; networks: string[] } {
  const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const read = <T>(look: () => T, otherwise: T): T => {
    try {
      return look();
    } catch {
      // It ended meanwhile.
      return otherwise;
    }
  };
  const own = readlinkSync("/proc/self/ns/net");
  const environment = (pid: string): string[] =>
    read(() => readFileSync(`/proc/${pid}/environ`, "utf8"), "").split("\0");
  const network = (pid: string): string => read(() => readlinkSync(`/proc/${pid}/ns/net`), own);
  return {
    marked: found.filter((pid) => environment(pid).includes(mark)),
    networks: found.map((pid) => network(pid)).filter((each) => each !== own),
  };
}

const mounts = (): string => readFileSync("/proc/self/mounts", "utf8");
const temporary = (): string[] => readdirSync(folder).filter((name) => name !== "running");

// Argo CD, once, makes the start complete; to be asked politely is the same without it.
it.each([
  ["SIGKILL", []],
  ["SIGTERM", ["--no-argocd"]],
  ["SIGINT", ["--no-argocd"]],
] as const)(
  "a runner that got %s leaves no process, mount, network namespace or file behind",
  async (signal, options) => {
    const before = mounts();
    const child = await start(options);
    expect(processes().marked.length).toBeGreaterThan(5);
    expect(processes().networks.length).toBeGreaterThan(5);
    expect(temporary()).not.toEqual([]);

    child.kill(signal);
    await eventually("everything is gone", async () => {
      const { marked, networks } = processes();
      const left = [...marked, ...networks, ...temporary()];
      if (left.length === 0) return true;
      throw new Error(`left: ${left.join(", ")}`);
    });
    expect(mounts()).toBe(before);
  },
);

it("the command's exit code is the runner's", async () => {
  const child = spawn(
    process.execPath,
    [join(root, "tools/cluster/main.ts"), "--no-argocd", "sh", "-c", "exit 7"],
    { env: { ...process.env, TMPDIR: folder }, stdio: "ignore" },
  );
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect(code).toBe(7);
  expect(temporary()).toEqual([]);
});
