import {
  chmodSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { generate } from "../../../generator/write/generate.ts";
import { smallRecord, testRepository, type TestRepository } from "../support/repository.ts";

const cache = ".neurallog/cache/overlays.json";
const looks = z.object({ seals: z.record(z.string(), z.object({ look: z.string() })) });
const folder = "overlays/home/tenants/a/tenant-a";

let repository: TestRepository;
let wanted: Map<string, string>;

beforeEach(async () => {
  repository = testRepository({ tenants: { a: smallRecord("a"), b: smallRecord("b") } });
  generate(repository.root);
  wanted = repository.files("overlays");
  await sealed();
});
afterEach(() => repository[Symbol.dispose]());

/** Lets the clock go on, so that every overlay is sealed: the next run looks at none of them, if nothing happens. */
async function sealed(): Promise<void> {
  await sleep(50);
  generate(repository.root);
  const { seals } = looks.parse(JSON.parse(repository.read(cache)));
  expect(Object.values(seals).filter(({ look }) => look === "")).toEqual([]);
  expect(Object.keys(seals)).toHaveLength(2);
}

describe("a sealed overlay", () => {
  const path = () => join(repository.root, folder, "patches.yaml");

  it.each<[string, () => void]>([
    [
      "a file edited in place, of the same length",
      () => writeFileSync(path(), readFileSync(path(), "utf8").replace("pods", "dops")),
    ],
    [
      "an edited file that got its old time back",
      () => {
        const { atime, mtime } = statSync(path());
        writeFileSync(path(), readFileSync(path(), "utf8").replace("pods", "dops"));
        utimesSync(path(), atime, mtime);
      },
    ],
    ["a deleted file", () => repository.remove(`${folder}/patches.yaml`)],
    ["an added file", () => repository.write(`${folder}/extra.yaml`, "kind: Pod")],
    ["an added folder", () => repository.write(`${folder}/deep/extra.yaml`, "kind: Pod")],
    [
      "a file of another overlay in its place",
      () =>
        renameSync(join(repository.root, "overlays/home/tenants/b/tenant-b/patches.yaml"), path()),
    ],
    [
      "a link in the place of a file",
      () => {
        renameSync(path(), join(repository.root, "elsewhere.yaml"));
        symlinkSync(join(repository.root, "elsewhere.yaml"), path());
      },
    ],
    ["a folder that is gone", () => repository.remove(folder)],
    ["an overlay that is gone", () => repository.remove("overlays/home/tenants/a")],
    ["a cache that is gone", () => repository.remove(".neurallog")],
    ["a damaged cache", () => repository.write(cache, repository.read(cache).slice(0, -9))],
    [
      "a cache of other code",
      () =>
        repository.write(cache, repository.read(cache).replace(/"version":"\w/, '"version":"x')),
    ],
  ])("is made good after %s", (_, harm) => {
    harm();
    expect(generate(repository.root).problems).toEqual([]);
    expect(repository.files("overlays")).toEqual(wanted);
  });

  it("keeps its bytes when only its mode changed, and is sealed again", async () => {
    chmodSync(path(), 0o600);
    expect(generate(repository.root).written).toMatchObject({ written: 0, unchanged: 8 });
    await sealed();
  });

  it("follows its record, and leaves others alone", () => {
    repository.write("tenants/a.yaml", smallRecord("a", "labels: { team: shop }\n"));
    expect(generate(repository.root).written).toEqual({ written: 1, removed: 0, unchanged: 7 });
    expect(repository.read(`${folder}/patches.yaml`)).toContain("shop");
  });

  it("follows its cluster's record", () => {
    const file = "overlays/home/cluster.yaml";
    repository.write(
      file,
      repository
        .read(file)
        .replace("imagePullSecrets: [registry-pull]", "imagePullSecrets: [other]"),
    );
    expect(generate(repository.root).written).toMatchObject({ written: 2 });
  });

  it("goes with a record that retired, and a new one of its name starts anew", () => {
    repository.write(
      "tenants/a.yaml",
      smallRecord("a", 'state: retiring\nretireAfter: "2020-01-01"\n'),
    );
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    generate(repository.root);
    repository.write("tenants/a.yaml", smallRecord("a"));
    generate(repository.root);
    expect(repository.files("overlays")).toEqual(wanted);
  });
});
