import { execFileSync } from "node:child_process";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freeze } from "../../../generator/release/freeze.ts";
import {
  checkSeals,
  compareReleases,
  listReleases,
  parseSeal,
  sealText,
} from "../../../generator/release/frozen.ts";
import { testRepository, type TestRepository } from "../support/repository.ts";

const none = (): never => {
  throw new Error("nothing was to be reported");
};
const FILE = "bases/r1/redis/statefulset.yaml";

function frozen(): TestRepository {
  const repository = testRepository({ tenants: {} });
  freeze(repository.root, "r1", none);
  return repository;
}

function sealed({ root }: TestRepository): string[] {
  const found: string[] = [];
  checkSeals(root, (code, values) => found.push(`${code} ${Object(values).file}`));
  return found;
}

function git({ root }: TestRepository, ...args: string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  execFileSync("git", [...identity, ...args], { cwd: root, stdio: "ignore" });
}

function committed(): TestRepository {
  const repository = frozen();
  git(repository, "init", "-q", "-b", "main");
  git(repository, "add", "-A");
  git(repository, "commit", "-qm", "one");
  return repository;
}

function changed({ root }: TestRepository): string[] {
  const found: string[] = [];
  const reason = compareReleases(root, "main", (code, values) =>
    found.push(`${code} ${Object(values).file}`),
  );
  expect(reason).toBeUndefined();
  return found;
}

describe("freezing", () => {
  it("copies every byte of bases/next, and adds its seal", () => {
    using repository = frozen();
    const relative = (release: string) =>
      [...repository.files(`bases/${release}`)]
        .map(([path, text]) => [path.slice(`bases/${release}/`.length), text])
        .filter(([path]) => path !== "SHA256SUMS");
    expect(relative("r1")).toEqual(relative("next"));
    expect(sealed(repository)).toEqual([]);
  });

  it("makes a seal that sha256sum reads", () => {
    using repository = frozen();
    const said = execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], {
      cwd: join(repository.root, "bases/r1"),
      encoding: "utf8",
    });
    expect(said).toBe("");
  });

  it.each([
    "next",
    "platform",
    "../r1",
    "R1",
    "r 1",
    "-r1",
    "r1-",
    "",
    "a".repeat(41),
    "r/1",
    "1.4",
  ])("refuses the name %j", (name) => {
    using repository = testRepository({ tenants: {} });
    const before = repository.files("bases");
    const codes: string[] = [];
    expect(freeze(repository.root, name, (code) => codes.push(code))).toBeUndefined();
    expect(codes).toEqual(["release-name"]);
    expect(repository.files("bases")).toEqual(before);
  });

  it("never overwrites a release", () => {
    using repository = frozen();
    repository.write("bases/next/new.yaml", "kind: New\n");
    const before = repository.files("bases/r1");
    const codes: string[] = [];
    expect(freeze(repository.root, "r1", (code) => codes.push(code))).toBeUndefined();
    expect([codes, repository.files("bases/r1")]).toEqual([["release-exists"], before]);
  });

  it("refuses bases with a link in them: what is behind it could change", () => {
    using repository = testRepository({ tenants: {} });
    symlinkSync("/etc/passwd", join(repository.root, "bases/next/link.yaml"));
    const codes: string[] = [];
    expect(freeze(repository.root, "r1", (code) => codes.push(code))).toBeUndefined();
    expect(codes).toEqual(["release-source"]);
    expect(listReleases(repository.root)).toEqual(["next"]);
  });
});

describe("a frozen release", () => {
  it("with one byte changed is found", () => {
    using repository = frozen();
    repository.write(FILE, `${repository.read(FILE)} `);
    expect(sealed(repository)).toEqual([`release-differs ${FILE}`]);
  });

  it("with a file added is found, in a folder of its own too", () => {
    using repository = frozen();
    repository.write("bases/r1/more/deep.yaml", "");
    expect(sealed(repository)).toEqual(["release-extra bases/r1/more/deep.yaml"]);
  });

  it("with a file removed is found", () => {
    using repository = frozen();
    repository.remove(FILE);
    expect(sealed(repository)).toEqual([`release-missing ${FILE}`]);
  });

  it("with a link in a file's place is found, whatever is behind it", () => {
    using repository = frozen();
    renameSync(join(repository.root, FILE), join(repository.root, "elsewhere"));
    symlinkSync(join(repository.root, "elsewhere"), join(repository.root, FILE));
    expect(sealed(repository)).toContain(`release-missing ${FILE}`);
  });

  it.each(["", "nonsense\n", `${"a".repeat(64)}  ../next/x.yaml\n`, `${"a".repeat(64)}  /etc/x\n`])(
    "without a seal that can be read is found: %j",
    (text) => {
      using repository = frozen();
      writeFileSync(join(repository.root, "bases/r1/SHA256SUMS"), text);
      expect(sealed(repository)).toEqual(["release-unsealed bases/r1/SHA256SUMS"]);
    },
  );

  it("that somebody made by hand, without a seal, is found", () => {
    using repository = testRepository({ tenants: {} });
    repository.write("bases/mine/redis/kustomization.yaml", "resources: []\n");
    expect(sealed(repository)).toEqual(["release-unsealed bases/mine/SHA256SUMS"]);
  });

  it("leaves bases/next free to change", () => {
    using repository = committed();
    repository.write("bases/next/redis/statefulset.yaml", "kind: Other\n");
    expect([...sealed(repository), ...changed(repository)]).toEqual([]);
  });
});

describe("against the merge base", () => {
  it("a release that was changed and sealed anew is found", () => {
    using repository = committed();
    repository.write(FILE, "kind: Other\n");
    repository.write("bases/r1/SHA256SUMS", sealText(repository.root, "r1"));
    expect(sealed(repository)).toEqual([]);
    expect(changed(repository)).toEqual([
      "release-changed bases/r1/SHA256SUMS",
      `release-changed ${FILE}`,
    ]);
  });

  it("so is one that was committed already", () => {
    using repository = committed();
    git(repository, "checkout", "-q", "-b", "work");
    repository.write(FILE, "kind: Other\n");
    repository.write("bases/r1/SHA256SUMS", sealText(repository.root, "r1"));
    git(repository, "commit", "-qam", "two");
    expect(changed(repository)).toContain(`release-changed ${FILE}`);
  });

  it("a file that was renamed within a release is found at both places", () => {
    using repository = committed();
    renameSync(join(repository.root, FILE), join(repository.root, "bases/r1/redis/other.yaml"));
    git(repository, "add", "-A");
    expect(changed(repository)).toEqual([
      "release-changed bases/r1/redis/other.yaml",
      `release-changed ${FILE}`,
    ]);
  });

  it("a new release is no change, and an old one may go as a whole", () => {
    using repository = committed();
    freeze(repository.root, "r2", none);
    rmSync(join(repository.root, "bases/r1"), { recursive: true });
    git(repository, "add", "-A");
    expect([...sealed(repository), ...changed(repository)]).toEqual([]);
  });
});

describe("a seal", () => {
  it("is read as it was written", () => {
    using repository = frozen();
    const text = repository.read("bases/r1/SHA256SUMS");
    const sums = parseSeal(text);
    expect([...(sums ?? [])].map(([path, sum]) => `${sum}  ${path}\n`).join("")).toBe(text);
    expect(sums?.size).toBe(repository.files("bases/next").size);
  });

  it("never names a file outside its release, whatever is written there", () => {
    const path = fc.array(fc.constantFrom("..", ".", "a", "b.yaml", "", "/", "\\", "\n"));
    fc.assert(
      fc.property(path, (steps) => {
        const sums = parseSeal(`${"0".repeat(64)}  ${steps.join("/")}\n`);
        for (const name of sums?.keys() ?? [])
          expect(join("/r", name).startsWith("/r/") && join("/r", name) === `/r/${name}`).toBe(
            true,
          );
      }),
    );
  });

  it("that is any text at all never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSeal(text)));
  });
});
