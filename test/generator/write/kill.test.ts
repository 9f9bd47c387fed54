import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { root as project } from "../../../tools/root.ts";
import { generate } from "../../../generator/write/generate.ts";
import { smallRecord, testRepository, type TestRepository } from "../support/repository.ts";

const ids = Array.from({ length: 100 }, (_, i) => `t${i}`);
const record = (id: string, more = ""): string =>
  smallRecord(id, `organizations: [{ id: web, mcp: true }]\n${more}`);
const roomy = (repository: TestRepository): void => {
  const file = "overlays/home/cluster.yaml";
  const text = repository
    .read(file)
    .replace(
      /^capacity:.*$/m,
      "capacity: { cpu: 99999, memory: 999Ti, storage: 999Ti, pods: 999999 }",
    );
  repository.write(file, text);
};

const labels = (round: number): string =>
  `labels: { team: ${round % 2 === 0 ? "shop" : "bank"} }\n`;

/** Half of the tenants change from round to round, and some have no overlay yet: both ways of writing are under the knife. */
function prepare(repository: TestRepository, round: number): void {
  for (const id of ids.slice(0, 50))
    repository.write(`tenants/${id}.yaml`, record(id, labels(round)));
  for (const id of ids.slice(85))
    rmSync(`${repository.root}/overlays/home/tenants/${id}`, { recursive: true, force: true });
}

/** Runs the command in a process of its own and kills it so many milliseconds after it began to write. */
async function kill(repository: TestRepository, milliseconds: number): Promise<boolean> {
  const command = [`${project}/generator/cli/generate.ts`, "--root", repository.root];
  const child = spawn(process.execPath, command, { stdio: "ignore" });
  const ended = once(child, "exit");
  while (
    !existsSync(`${repository.root}/.neurallog/staging/${child.pid}`) &&
    child.exitCode === null
  )
    await sleep(1);
  await Promise.race([sleep(milliseconds), ended]);
  child.kill("SIGKILL");
  const [, signal]: unknown[] = await ended;
  return signal === "SIGKILL";
}

describe("a generator that is killed while it writes", () => {
  it("leaves every file old or new and every tenant whole, and the next run ends with the same tree", async () => {
    using repository = testRepository({
      tenants: Object.fromEntries(ids.map((id) => [id, record(id)])),
    });
    roomy(repository);
    // The trees that the two versions of the records end in.
    const trees = [0, 1].map((round) => {
      prepare(repository, round);
      generate(repository.root);
      return repository.files("overlays");
    });

    let interrupted = 0;
    for (let round = 0; round < 8; round++) {
      prepare(repository, round);
      if (await kill(repository, round * 5)) interrupted++;
      const found = repository.files("overlays");
      const torn = [...found].filter(
        ([path, text]) => !trees.some((tree) => tree.get(path) === text),
      );
      expect(torn).toEqual([]);
      const counts = ids.map(
        (id) =>
          [...found.keys()].filter((path) => path.startsWith(`overlays/home/tenants/${id}/`))
            .length,
      );
      expect(counts.filter((count) => count !== 0 && count !== 10)).toEqual([]);
    }
    expect(interrupted).toBeGreaterThan(0);
    expect(generate(repository.root).problems).toEqual([]);
    expect(repository.files("overlays")).toEqual(trees[1]);
    expect([...repository.files(".").keys()].filter((path) => path.includes("staging"))).toEqual(
      [],
    );
    // Seven seconds by itself; machines that do much else take four times that.
  }, 120_000);
});
