import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { root } from "../../../tools/root.ts";
import { LONGEST, longestFirst } from "../../../tools/test/cluster-files.ts";
import { openLane, type Piped } from "../../../tools/test/lane.ts";
import { type Lane, lanesFor, type Listener, runInLanes } from "../../../tools/test/lanes.ts";
import { inBlocks } from "../../../tools/test/lanes-report.ts";

const PASSED = { counts: { passed: 2, failed: 0, skipped: 1 }, output: "" };
const nobody: Listener = {
  began: () => undefined,
  ended: () => undefined,
  broke: () => undefined,
  unrun: () => undefined,
};

/** A lane in which each file runs until it is told to end. */
class Held implements Lane {
  readonly ready: Promise<void>;
  readonly ran: string[] = [];
  hasLeft = false;
  #settle: ((error?: Error) => void) | undefined;

  constructor(ready: Promise<void> = Promise.resolve()) {
    this.ready = ready;
  }
  run(file: string): Promise<typeof PASSED> {
    this.ran.push(file);
    return new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve(PASSED) : reject(error));
    });
  }
  async leave(): Promise<void> {
    this.hasLeft = true;
  }
  /** Ends the file that runs. */
  async end(error?: Error): Promise<void> {
    this.#settle?.(error);
    this.#settle = undefined;
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("files in lanes", () => {
  it("go to whichever lane is done first, each once, in their order", async () => {
    const [one, two] = [new Held(), new Held()];
    const ending = runInLanes(["a", "b", "c", "d"], [one, two], nobody);
    await settled();
    await two.end();
    await two.end();
    expect([one.ran, two.ran]).toEqual([["a"], ["b", "c", "d"]]);
    await two.end();
    await one.end();
    expect(await ending).toEqual({ passed: 8, failed: 0, skipped: 4 });
    expect([one.hasLeft, two.hasLeft]).toEqual([true, true]);
  });

  it("are not all waited for by a lane that has none left: it leaves at once", async () => {
    const [one, two] = [new Held(), new Held()];
    const ending = runInLanes(["a", "b"], [one, two], nobody);
    await settled();
    await one.end();
    expect([one.hasLeft, two.hasLeft]).toEqual([true, false]);
    await two.end();
    await ending;
  });

  it("that a lane breaks with are failures, and the other lanes take the rest", async () => {
    const [one, two] = [new Held(), new Held()];
    const ending = runInLanes(["a", "b", "c"], [one, two], nobody);
    await settled();
    await one.end(new Error("gone"));
    await two.end();
    await two.end();
    expect(await ending).toEqual({ passed: 4, failed: 1, skipped: 2 });
    expect([one.ran, one.hasLeft, two.ran]).toEqual([["a"], true, ["b", "c"]]);
  });

  it("are taken by no lane that never was ready, which is a failure", async () => {
    const [one, two] = [new Held(Promise.reject(new Error("no etcd"))), new Held()];
    const ending = runInLanes(["a", "b"], [one, two], nobody);
    await settled();
    await two.end();
    await two.end();
    expect(await ending).toEqual({ passed: 4, failed: 1, skipped: 2 });
    expect([one.ran, one.hasLeft]).toEqual([[], true]);
  });

  it("for which no lane is left are failures, each", async () => {
    const one = new Held();
    const unrun: string[] = [];
    const ending = runInLanes(["a", "b", "c"], [one], {
      ...nobody,
      unrun: (files) => void unrun.push(...files),
    });
    await settled();
    await one.end(new Error("gone"));
    expect(await ending).toEqual({ passed: 0, failed: 3, skipped: 0 });
    expect(unrun).toEqual(["b", "c"]);
  });

  it("are printed whole when they are done, under their name, lane and seconds", async () => {
    const printed: string[] = [];
    const said: string[] = [];
    const report = inBlocks(
      (text) => void printed.push(text),
      (line) => void said.push(line),
    );
    const one = new Held();
    const ending = runInLanes(["a", "b"], [one], report);
    await settled();
    expect([printed, said]).toEqual([[], ["lane 1: a ..."]]);
    await one.end();
    expect(printed).toEqual([expect.stringMatching(/^\n=+ a, lane 1, 0 s\n$/)]);
    await one.end(new Error("gone"));
    await ending;
    expect(printed[1]).toBe("\nFAILED b, lane 1: gone");
  });
});

describe("the longest files", () => {
  it("come first, in their order, and no other comes or goes", () => {
    expect(longestFirst(["a", "b", "c", "d"], ["d", "x", "b"])).toEqual(["d", "b", "a", "c"]);
  });

  it("are files of the suite", () => {
    expect(LONGEST.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe("the number of lanes", () => {
  it.each([
    ["no more than files", 1, 16, 64e9, 1],
    ["what the cores bear", 20, 2, 64e9, 4],
    ["what memory bears", 20, 16, 11e9, 3],
    ["one at least", 20, 2, 0.5e9, 1],
  ])("is %s", (_what, files, cores, free, lanes) => {
    expect(lanesFor(files, cores, free)).toBe(lanes);
  });
});

describe("a lane", () => {
  let folder: string;
  let words: string[];
  let running: Piped | undefined;
  const said: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "neurallog-lane-"));
    const config = join(folder, "vitest.config.mjs");
    const file = "process.env.NEURALLOG_TEST_FILE";
    writeFileSync(
      config,
      `export default { test: { root: ${JSON.stringify(folder)}, include: [${file}], globals: true } };`,
    );
    words = ["--config", config];
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  /** Without anything around it. */
  const open = (): Lane =>
    openLane(
      ([command = "", ...args], attach) =>
        new Promise((resolve) => {
          const child = spawn(command, args, {
            env: { ...process.env, TMPDIR: folder },
            stdio: ["pipe", "pipe", "pipe"],
          });
          running = child;
          attach(child);
          child.on("close", (code) => resolve(code ?? 1));
        }),
      words,
      (line) => void said.push(line),
    );
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  it("runs one file after the other, each with its own counts and output", async () => {
    write("good.test.mjs", `test("holds", () => console.log("from good"));`);
    write("bad.test.mjs", `test("breaks", () => { throw new Error("from bad"); });`);
    const lane = open();
    await lane.ready;
    const good = await lane.run("good.test.mjs");
    const bad = await lane.run("bad.test.mjs");
    await lane.leave();
    expect([good.counts, bad.counts]).toEqual([
      { passed: 1, failed: 0, skipped: 0 },
      { passed: 0, failed: 1, skipped: 0 },
    ]);
    expect(good.output).toContain("from good");
    expect(bad.output).toContain("from bad");
    expect(bad.output).not.toContain("from good");
    expect(running?.exitCode).toBe(0);
  });

  it("counts a file that did not load as one failure, and goes on", async () => {
    write("broken.test.mjs", `import "./nowhere.mjs";`);
    write("good.test.mjs", `test("holds", () => undefined);`);
    const lane = open();
    expect((await lane.run("broken.test.mjs")).counts).toMatchObject({ passed: 0, failed: 1 });
    expect((await lane.run("good.test.mjs")).counts).toMatchObject({ passed: 1, failed: 0 });
    await lane.leave();
  });

  it("breaks when it is killed in the middle of a file, and takes no more", async () => {
    const begun = join(folder, "begun");
    write(
      "long.test.mjs",
      `import { writeFileSync } from "node:fs";
       test("waits", async () => { writeFileSync(${JSON.stringify(begun)}, ""); await new Promise((end) => setTimeout(end, 3_000)); });`,
    );
    const lane = open();
    const ending = lane.run("long.test.mjs");
    await expect.poll(() => existsSync(begun), { timeout: 10_000 }).toBe(true);
    running?.kill("SIGTERM");
    const first = await ending;
    expect(first.counts).toMatchObject({ passed: 0, failed: 1 });
    await expect(lane.run("long.test.mjs")).rejects.toThrow("it ended with exit code");
    await lane.leave();
  });
});
