import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { ERRORS } from "../../../generator/errors.ts";
import { loadRepository } from "../../../generator/plan/load.ts";
import { printProblems } from "../../../generator/record/print.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const invalid = join(root, "test/fixtures/invalid");
const fixtures = readdirSync(invalid);

/** Codes whose input cannot be a small file, and the test that shows them instead. */
const ELSEWHERE: Record<string, string> = {
  "file-too-large": "test/generator/record/source.test.ts",
  "namespace-collision": "test/generator/plan/across.test.ts",
  "base-unknown": "test/generator/plan/base.test.ts",
  "ring-skipped": "test/generator/plan/rings.test.ts",
};

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A repository of the two clusters with a fixture laid over it; `before/` becomes its merge base. */
function repository(fixture: string): { folder: string; base: string | undefined } {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-invalid-"));
  made.push(folder);
  for (const cluster of ["home", "cloud"]) {
    cpSync(
      join(root, `overlays/${cluster}/cluster.yaml`),
      join(folder, `overlays/${cluster}/cluster.yaml`),
    );
  }
  cpSync(join(root, "test/fixtures/bases"), join(folder, "bases"), { recursive: true });
  const before = join(invalid, fixture, "before");
  const hasBase = existsSync(before);
  if (hasBase) {
    cpSync(before, folder, { recursive: true });
    const git = (...args: string[]): void => {
      execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
        cwd: folder,
        stdio: "ignore",
      });
    };
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "before");
    rmSync(join(folder, "tenants"), { recursive: true });
  }
  const filter = (source: string): boolean => source !== before && !source.endsWith("expected.txt");
  cpSync(join(invalid, fixture), folder, { recursive: true, filter });
  return { folder, base: hasBase ? "HEAD" : undefined };
}

describe("a fixture of test/fixtures/invalid breaks its own rule alone", () => {
  test.each(fixtures)("%s", async (fixture) => {
    const { folder, base } = repository(fixture);
    const options = { today: "2026-11-21", ...(base === undefined ? {} : { base }) };
    const { problems } = loadRepository(folder, options);
    expect(problems.map(({ code }) => code)).toEqual([fixture.split(".", 1)[0]]);
    const expected = join(invalid, fixture, "expected.txt");
    await expect(printProblems(problems, false)).toMatchFileSnapshot(expected);
  });
});

test("each error of the record and plan rooms has a fixture, or a test that is named here", () => {
  const covered = new Set([
    ...fixtures.map((name) => name.split(".", 1)[0]),
    ...Object.keys(ELSEWHERE),
  ]);
  const sources = ["generator/record", "generator/plan"].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(root, room, file), "utf8")),
  );
  const used = Object.keys(ERRORS).filter((code) =>
    sources.some((text) => text.includes(`"${code}"`)),
  );
  expect(used.filter((code) => !covered.has(code))).toEqual([]);
  expect(used.length).toBeGreaterThan(50);
});

test.each(Object.entries(ELSEWHERE))("%s is shown by %s", (code, file) => {
  expect(readFileSync(join(root, file), "utf8")).toContain(`"${code}"`);
});

test("each error in the registry is reported by some room", () => {
  const sources = readdirSync(join(root, "generator"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== "errors.ts")
    .map((file) => readFileSync(join(root, "generator", file), "utf8"));
  const unused = Object.keys(ERRORS).filter(
    (code) => !sources.some((text) => text.includes(`"${code}"`)),
  );
  expect(unused).toEqual([]);
});
