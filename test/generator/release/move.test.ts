import { describe, expect, it } from "vitest";
import { generate } from "../../../generator/write/generate.ts";
import { freeze } from "../../../generator/release/freeze.ts";
import { moveChannel } from "../../../generator/release/move.ts";
import { smallRecord, testRepository, type TestRepository } from "../support/repository.ts";

const FILE = "overlays/home/cluster.yaml";
const none = (): never => {
  throw new Error("nothing was to be reported");
};

function frozen(): TestRepository {
  const repository = testRepository({
    tenants: { a: smallRecord("a"), c: smallRecord("c", "channel: canary\n") },
  });
  freeze(repository.root, "r1", none);
  return repository;
}
const codes = (
  repository: TestRepository,
  cluster: string,
  channel: "canary" | "stable",
  release: string,
) => {
  const found: string[] = [];
  const moved = moveChannel(repository.root, cluster, channel, release, (code) => found.push(code));
  expect(moved === undefined).toBe(found.length > 0);
  return found;
};

describe("moving a channel", () => {
  it("changes one line, and leaves every other byte of the cluster's record", () => {
    using repository = frozen();
    const before = repository.read(FILE).split("\n");
    expect(moveChannel(repository.root, "home", "canary", "r1", none)).toEqual([
      { field: "release", before: "next", after: "r1" },
    ]);
    const after = repository.read(FILE).split("\n");
    const differing = after.flatMap((line, at) => (line === before[at] ? [] : [line]));
    expect(differing).toEqual(["    release: r1"]);
    expect(after.length).toBe(before.length);
  });

  it("reaches the channel's tenants, and no others", () => {
    using repository = frozen();
    moveChannel(repository.root, "home", "canary", "r1", none);
    expect(generate(repository.root).problems).toEqual([]);
    const bases = (id: string) =>
      repository.read(`overlays/home/tenants/${id}/tenant-${id}/kustomization.yaml`);
    expect(bases("c")).toContain("bases/r1/");
    expect(bases("c")).not.toContain("bases/next/");
    expect(bases("a")).not.toContain("bases/r1/");
  });

  it("of stable takes over what canary has, images included", () => {
    using repository = frozen();
    const image = `ghcr.io/neurallog/log-service:0.2.0@sha256:${"e".repeat(64)}`;
    const text = repository.read(FILE);
    const at = text.lastIndexOf("logService:");
    const end = text.indexOf("\n", at);
    repository.write(FILE, `${text.slice(0, at)}logService: ${image}${text.slice(end)}`);
    moveChannel(repository.root, "home", "canary", "r1", none);
    const moves = moveChannel(repository.root, "home", "stable", undefined, none);
    expect(moves?.map(({ field, after }) => [field, after])).toEqual([
      ["release", "r1"],
      ["images.logService", image],
    ]);
    expect(generate(repository.root).problems).toEqual([]);
    expect(moveChannel(repository.root, "home", "stable", undefined, none)).toEqual([]);
  });

  it("quotes a name that YAML would read as a number or a day", () => {
    using repository = frozen();
    freeze(repository.root, "2026-12-01", none);
    moveChannel(repository.root, "home", "canary", "2026-12-01", none);
    expect(repository.read(FILE)).toContain('release: "2026-12-01"');
    expect(generate(repository.root).problems).toEqual([]);
  });

  it.each([
    ["to a release that is not there", ["home", "canary", "r2"]],
    ["to the platform's folder", ["home", "canary", "platform"]],
    ["of a cluster that is not there", ["hame", "canary", "r1"]],
    ["of a path", ["../overlays/home", "canary", "r1"]],
  ] as const)("%s changes nothing", (_, args) => {
    using repository = frozen();
    repository.write("bases/platform/x.yaml", "");
    const before = repository.read(FILE);
    expect(codes(repository, args[0], args[1], args[2])).toEqual(["release-move"]);
    expect(repository.read(FILE)).toBe(before);
  });
});

describe("a release that a channel names", () => {
  it("cannot be removed, and one that none names can", () => {
    using repository = frozen();
    freeze(repository.root, "r2", none);
    moveChannel(repository.root, "home", "canary", "r1", none);
    generate(repository.root);
    repository.remove("bases/r2");
    expect(generate(repository.root).problems).toEqual([]);
    repository.remove("bases/r1");
    expect(generate(repository.root).problems.map(({ code }) => code)).toEqual([
      "unknown-reference",
    ]);
  });
});
