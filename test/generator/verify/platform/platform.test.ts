import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadRepository } from "../../../../generator/plan/load.ts";
import type { Tools } from "../../../../generator/verify/build/build.ts";
import { type Entry, folderCache, NO_CACHE } from "../../../../generator/verify/build/cache.ts";
import { verifyPlatforms } from "../../../../generator/verify/platform/platform.ts";
import { findTools } from "../../../../tools/manifests/find.ts";
import { testRepository, type TestRepository } from "../../support/repository.ts";

const FOLDER = "overlays/home/platform";

let tools: Tools;
beforeAll(async () => {
  tools = await findTools();
});

async function run(
  { root }: TestRepository,
  cache: ReturnType<typeof folderCache<Entry>> | typeof NO_CACHE = NO_CACHE,
) {
  const home = loadRepository(root).clusters.filter(({ record }) => record.name === "home");
  return await verifyPlatforms(home, {
    root,
    cache,
    engine: "engine",
    findTools: async () => tools,
  });
}

const codes = async (repository: TestRepository) =>
  (await run(repository)).findings.map(({ code }) => code);

describe("a cluster's platform", () => {
  it("is found missing", async () => {
    using repository = testRepository();
    repository.remove(FOLDER);
    expect(await codes(repository)).toEqual(["platform-missing"]);
  });

  it("is refused with a reference that leads out of the repository", async () => {
    using repository = testRepository();
    const file = `${FOLDER}/kustomization.yaml`;
    const remote = "https://evil.example/platform?ref=main";
    repository.write(file, repository.read(file).replace("../../../bases/platform", remote));
    expect(await codes(repository)).toEqual(["build-reference"]);
  });

  it("is checked against the schemas, each finding with its folder", async () => {
    using repository = testRepository();
    const file = "bases/platform/priority/tenant-default.yaml";
    repository.write(file, repository.read(file).replace("value: 0", "value: low"));
    const { findings } = await run(repository);
    expect(findings[0]).toMatchObject({
      stage: "platform",
      code: "schema-invalid",
      tenant: undefined,
    });
    expect(findings[0]?.message).toMatch(/^overlays\/home\/platform: PriorityClass/);
  });

  it("that kustomize cannot build says what kustomize says", async () => {
    using repository = testRepository();
    repository.write(`${FOLDER}/network/dns.yaml`, "kind: [");
    expect(await codes(repository)).toEqual(["build-failed"]);
  });

  it("is not built again until its files or its cluster's record change", async () => {
    using repository = testRepository();
    const cache = folderCache<Entry>(join(repository.root, "cache"));
    expect(await run(repository, cache)).toMatchObject({ built: 1, findings: [] });
    expect(await run(repository, cache)).toMatchObject({ built: 0, findings: [] });
    const record = "overlays/home/cluster.yaml";
    repository.write(
      record,
      repository
        .read(record)
        .replace("verticalPodAutoscaler: true", "verticalPodAutoscaler: false"),
    );
    const { built, findings } = await run(repository, cache);
    expect(built).toBe(1);
    expect(findings.map(({ code }) => code)).toContain("platform-argocd");
    const base = "bases/platform/data/kustomization.yaml";
    repository.write(base, `${repository.read(base)}\n`);
    expect(await run(repository, cache)).toMatchObject({ built: 1 });
  });
});
