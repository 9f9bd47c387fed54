import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { add, closingLine, exitCode } from "../../../tools/test/counts.ts";
import { endLeftovers } from "../../../tools/test/leftovers.ts";
import { readResults } from "../../../tools/test/results.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-run-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function report(counts: object, files: object[] = []): string {
  const file = join(folder, "report.json");
  const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  writeFileSync(file, JSON.stringify({ ...none, ...counts, testResults: files }));
  return file;
}

test("the closing line says how many passed, failed and were skipped", () => {
  const counts = add({ passed: 2, failed: 1, skipped: 0 }, { passed: 3, failed: 0, skipped: 4 });
  expect(closingLine(counts)).toBe("5 passed, 1 failed, 4 skipped");
});

describe("the exit code", () => {
  const passed = { passed: 1, failed: 0, skipped: 0 };
  const none = { passed: 0, failed: 0, skipped: 3 };

  test("is 0 when something ran and nothing failed", () => {
    expect(exitCode(passed, passed)).toBe(0);
  });

  test("is 1 when no test ran, though the checks passed", () => {
    expect(exitCode(none, add(none, passed))).toBe(1);
  });

  test("is 1 when a check failed and all tests passed", () => {
    expect(exitCode(passed, add(passed, { passed: 0, failed: 1, skipped: 0 }))).toBe(1);
  });
});

describe("what is counted of a run", () => {
  test("is what its report says", () => {
    const file = report({
      numPassedTests: 5,
      numFailedTests: 2,
      numPendingTests: 1,
      numTodoTests: 1,
    });
    expect(readResults(file, 1)).toEqual({ passed: 5, failed: 2, skipped: 2 });
  });

  test("has a failure for each file that did not load", () => {
    const file = report({ numPassedTests: 5 }, [
      { status: "failed", assertionResults: [] },
      { status: "passed", assertionResults: [{ status: "passed" }] },
    ]);
    expect(readResults(file, 1)).toEqual({ passed: 5, failed: 1, skipped: 0 });
  });

  test("has a failure when vitest ended with an error that no test had", () => {
    expect(readResults(report({ numPassedTests: 5 }), 1)).toMatchObject({ failed: 1 });
  });

  test("has a failure when there is no report at all", () => {
    expect(readResults(join(folder, "missing.json"), 0)).toMatchObject({ failed: 1 });
  });
});

test.runIf(process.platform === "linux")(
  "a process that a test left running is found by its mark, named and ended",
  async () => {
    const mark = `NEURALLOG_TEST_OF_LEFTOVERS=${process.pid}`;
    const child = spawn("sleep", ["60"], {
      env: { ...process.env, NEURALLOG_TEST_OF_LEFTOVERS: String(process.pid) },
      stdio: "ignore",
    });
    await once(child, "spawn");
    const exited = once(child, "exit");
    expect(await endLeftovers(mark, 100)).toEqual([`process ${child.pid}: sleep 60`]);
    expect(await exited).toEqual([null, "SIGKILL"]);
    expect(await endLeftovers(mark, 100)).toEqual([]);
  },
);
