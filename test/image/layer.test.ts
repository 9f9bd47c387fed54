import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isNeededOfPackage, isNeededOfWorkspace } from "../../tools/image/content.ts";
import { complete, file, folder, type Entry } from "../../tools/image/entries.ts";
import { layer, tar } from "../../tools/image/layer.ts";
import { tarFiles } from "./unpack.ts";

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "neurallog-layer-"));
});
afterEach(() => rmSync(place, { recursive: true }));

const all = () => true;

describe("a layer", () => {
  it("is the same bytes whatever the order, the times and the umask of the files", async () => {
    const write = (name: string, mode: number, time: number) => {
      mkdirSync(join(place, name));
      for (const path of time > 0 ? ["b", "a"] : ["a", "b"]) {
        writeFileSync(join(place, name, path), path);
        chmodSync(join(place, name, path), mode);
        utimesSync(join(place, name, path), time, time);
      }
    };
    write("one", 0o600, 0);
    write("two", 0o664, 1_700_000_000);
    const [one, two] = await Promise.all(
      ["one", "two"].map((name) => layer("x", folder(join(place, name), "app", all))),
    );
    expect(one?.digest).toBe(two?.digest);
  });

  it("differs when one byte of a file differs", async () => {
    const [one, two] = await Promise.all(["x", "y"].map((text) => layer("x", [file("a", text)])));
    expect(one?.digest).not.toBe(two?.digest);
  });

  it("keeps what is executable executable, and belongs to root", async () => {
    writeFileSync(join(place, "run"), "", { mode: 0o700 });
    const [header] = (await tarFiles(await tar(folder(place, "", all)))).map(
      ({ header }) => header,
    );
    expect(header).toMatchObject({ name: "run", mode: 0o755, uid: 0, gid: 0 });
  });

  it("has every folder before what is in it", () => {
    const paths = complete([file("b/c/d", ""), file("a", "")]).map(({ path }) => path);
    expect(paths).toEqual(["a", "b", "b/c", "b/c/d"]);
  });

  it("refuses two files at one path", () => {
    const twice: Entry[] = [file("a", "1"), file("a", "2")];
    expect(() => complete(twice)).toThrow("two entries for a");
  });

  it("keeps paths that are longer than a tar header's field", async () => {
    const path = `${"long-name/".repeat(20)}${"x".repeat(120)}`;
    const names = (await tarFiles(await tar([file(path, "text")]))).map(
      ({ header }) => header.name,
    );
    expect(names).toContain(path);
  });
});

describe("what goes into the image", () => {
  it.each([
    "index.js",
    "lib/a.cjs",
    "a.mjs",
    "package.json",
    "LICENSE",
    "LICENSE.md",
    "a.wasm",
    "a.node",
  ])("takes %s of a package", (path) => {
    expect(isNeededOfPackage(path)).toBe(true);
  });

  it.each([
    "a.d.ts",
    "a.d.mts",
    "a.ts",
    "a.js.map",
    "README.md",
    ".npmrc",
    "test/",
    "lib/tests/",
    ".github/",
    "node_modules/",
  ])("leaves %s of a package", (path) => {
    expect(isNeededOfPackage(path)).toBe(false);
  });

  it.each([
    ".env",
    ".neurallog/",
    "src/.secret",
    "node_modules/",
    "dist/",
    "openapi.json",
    "key.pem",
  ])("leaves %s of ours", (path) => {
    expect(isNeededOfWorkspace(path)).toBe(false);
  });

  it.each(["package.json", "src/", "src/main.ts"])("takes %s of ours", (path) => {
    expect(isNeededOfWorkspace(path)).toBe(true);
  });
});
