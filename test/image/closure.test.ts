import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { closureOf, readLock, thisMachine, type Lock } from "../../tools/image/closure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const machine = { os: "linux", cpu: "x64", libc: "glibc" };

describe("production dependencies", () => {
  it("takes the version that Node would find, the nearest one", () => {
    const lock: Lock = {
      "apps/a": { dependencies: { b: "1", c: "1" } },
      "node_modules/b": { dependencies: { c: "2" } },
      "node_modules/b/node_modules/c": {},
      "node_modules/c": {},
    };
    expect(closureOf(lock, "apps/a", machine).packages).toEqual([
      "node_modules/b",
      "node_modules/b/node_modules/c",
      "node_modules/c",
    ]);
  });

  it("follows links to this repository's own packages", () => {
    const lock: Lock = {
      "apps/a": { dependencies: { "@x/b": "1" } },
      "node_modules/@x/b": { link: true, resolved: "apps/b" },
      "apps/b": { dependencies: { c: "1" } },
      "node_modules/c": {},
    };
    expect(closureOf(lock, "apps/a", machine)).toEqual({
      packages: ["node_modules/c"],
      workspaces: ["apps/a", "apps/b"],
      links: [{ path: "node_modules/@x/b", target: "apps/b" }],
    });
  });

  it("ends where packages need each other", () => {
    const lock: Lock = {
      "apps/a": { dependencies: { b: "1" } },
      "node_modules/b": { dependencies: { c: "1" } },
      "node_modules/c": { dependencies: { b: "1" } },
    };
    expect(closureOf(lock, "apps/a", machine).packages).toEqual([
      "node_modules/b",
      "node_modules/c",
    ]);
  });

  it("takes needed peers and leaves optional ones", () => {
    const lock: Lock = {
      "apps/a": { dependencies: { b: "1" } },
      "node_modules/b": {
        peerDependencies: { c: "1", d: "1" },
        peerDependenciesMeta: { d: { optional: true } },
      },
      "node_modules/c": {},
      "node_modules/d": {},
    };
    expect(closureOf(lock, "apps/a", machine).packages).toEqual([
      "node_modules/b",
      "node_modules/c",
    ]);
  });

  it("does without an optional package, and not without another", () => {
    const optional: Lock = { "apps/a": { optionalDependencies: { b: "1" } } };
    expect(closureOf(optional, "apps/a", machine).packages).toEqual([]);
    const needed: Lock = { "apps/a": { dependencies: { b: "1" } } };
    expect(() => closureOf(needed, "apps/a", machine)).toThrow("apps/a needs b");
  });

  it("takes what is compiled for the machine, and nothing of what is for others", () => {
    const lock: Lock = {
      "apps/a": { dependencies: { b: "1" } },
      "node_modules/b": {
        optionalDependencies: { gnu: "1", musl: "1", arm: "1", mac: "1", any: "1" },
      },
      "node_modules/any": {},
      "node_modules/gnu": { os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
      "node_modules/musl": { os: ["linux"], cpu: ["x64"], libc: ["musl"] },
      "node_modules/arm": { os: ["linux"], cpu: ["arm64"] },
      "node_modules/mac": { os: ["darwin"] },
    };
    const { packages } = closureOf(lock, "apps/a", machine);
    expect(packages).toEqual(["node_modules/any", "node_modules/b", "node_modules/gnu"]);
    expect(thisMachine()).toMatchObject({ os: process.platform, cpu: process.arch });
  });

  it("has nothing of what the lock file marks as for development", () => {
    const lock = readLock(root);
    const { packages } = closureOf(lock, "apps/log-service", machine);
    expect(packages.length).toBeGreaterThan(20);
    expect(packages.filter((path) => lock[path]?.dev === true)).toEqual([]);
  });
});
