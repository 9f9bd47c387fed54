import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadRepository } from "../../../generator/plan/load.ts";
import { receiptText } from "../../../generator/record/receipt.ts";
import { tenantReceipt } from "../support/receipts.ts";
import { recordText, root } from "./support.ts";

let folder = "";
const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
const codes = (base: string): string[] =>
  loadRepository(folder, { base, today: "2026-11-21" }).problems.map(({ code }) => code);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-base-"));
  for (const cluster of ["home", "cloud"]) {
    const file = `overlays/${cluster}/cluster.yaml`;
    cpSync(join(root, file), join(folder, file));
  }
  mkdirSync(join(folder, "bases/next"), { recursive: true });
  mkdirSync(join(folder, "tenants"));
  git("init", "-q", "-b", "main");
  write("tenants/shop.yaml", recordText("shop", "tier: standard\n"));
  write("tenants/gone.yaml", recordText("gone", 'state: retiring\nretireAfter: "2026-11-21"\n'));
  git("add", ".");
  git("commit", "-qm", "first");
  git("tag", "v1");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a Git ref to compare with", () => {
  test.each(["nowhere", "--output=/tmp/x", "-x", "v1; touch /tmp/x", "", "main..v1"])(
    "%j that is no revision is an error of the command",
    (ref) => {
      expect(codes(ref)).toEqual(["base-unknown"]);
    },
  );

  test("that has no commit in common is an error, too", () => {
    const tree = git("write-tree").trim();
    git("tag", "alone", git("commit-tree", "-m", "alone", tree).trim());
    expect(codes("alone")).toEqual(["base-unknown"]);
  });

  test.each(["v1", "HEAD", "main", "HEAD~0", "v1^{commit}"])(
    "%s finds no fault in no change",
    (ref) => {
      expect(codes(ref)).toEqual([]);
    },
  );

  test("outside a repository is an error, not a crash", () => {
    const bare = mkdtempSync(join(tmpdir(), "neurallog-bare-"));
    try {
      const found = loadRepository(bare, { base: "HEAD" }).problems;
      expect(found.map(({ code }) => code)).toEqual(["base-unknown"]);
    } finally {
      rmSync(bare, { recursive: true });
    }
  });
});

describe("compared with the merge base", () => {
  const shop = (): string => readFileSync(join(folder, "tenants/shop.yaml"), "utf8");

  test("a commit that main got meanwhile is not taken for a change of ours", () => {
    git("switch", "-qc", "ours");
    git("switch", "-q", "main");
    write("tenants/new.yaml", recordText("new"));
    git("add", ".");
    git("commit", "-qm", "meanwhile");
    git("switch", "-q", "ours");
    expect(codes("main")).toEqual([]);
  });

  test("what is not committed yet counts as well", () => {
    const before = shop();
    write("tenants/shop.yaml", recordText("shop", "tier: small\n"));
    expect(codes("main")).toEqual(["storage-shrunk"]);
    write("tenants/shop.yaml", before);
  });

  test("a record that retired may go on its day, once its cluster has nothing left of it", () => {
    rmSync(join(folder, "tenants/gone.yaml"));
    expect(codes("main")).toEqual(["record-vanished"]);
    mkdirSync(join(folder, "tenants/offboarded"));
    write("tenants/offboarded/gone.json", receiptText(tenantReceipt("gone")));
    expect(codes("main")).toEqual([]);
    const early = loadRepository(folder, { base: "main", today: "2026-11-20" }).problems;
    expect(early.map(({ code }) => code)).toEqual(["record-vanished"]);
    rmSync(join(folder, "tenants/offboarded"), { recursive: true });
    git("checkout", "-q", "--", "tenants/gone.yaml");
  });

  test("a receipt that is gone is a fault: its id could be used again", () => {
    mkdirSync(join(folder, "tenants/offboarded"));
    write("tenants/offboarded/left.json", receiptText(tenantReceipt("left")));
    git("add", ".");
    git("commit", "-qm", "left");
    expect(codes("HEAD")).toEqual([]);
    rmSync(join(folder, "tenants/offboarded"), { recursive: true });
    expect(codes("HEAD")).toEqual(["receipt-vanished"]);
    git("commit", "-qam", "undo");
  });

  test("another default storage class of the cluster moves every tenant, and each is told", () => {
    const file = "overlays/home/cluster.yaml";
    const before = readFileSync(join(folder, file), "utf8");
    const changed = before
      .replace(", default: true }", " }")
      .replace("expandable: true }", "expandable: true, default: true }");
    expect(changed).not.toBe(before);
    write(file, changed);
    expect(codes("main")).toEqual(["immutable-changed", "immutable-changed"]);
    write(file, before);
  });

  test("a record that is unreadable now is reported as that alone", () => {
    const before = shop();
    write("tenants/shop.yaml", "id: [");
    expect(codes("main")).toEqual(["yaml-syntax"]);
    write("tenants/shop.yaml", before);
  });

  test("a record that was broken at the base may be mended", () => {
    write("tenants/odd.yaml", "id: [");
    git("add", ".");
    git("commit", "-qm", "broken");
    write("tenants/odd.yaml", recordText("odd"));
    expect(codes("HEAD")).toEqual([]);
  });

  test("a file name with odd characters does not confuse the reading of the base", () => {
    const name = "tenants/odd name\tä.yaml";
    write(name, "id: x");
    git("add", ".");
    git("commit", "-qm", "odd");
    rmSync(join(folder, name));
    expect(codes("HEAD")).toEqual([]);
  });
});

test("a link in a record's place is refused: it could show the lines of any file in an error", () => {
  const linked = mkdtempSync(join(tmpdir(), "neurallog-link-"));
  try {
    mkdirSync(join(linked, "tenants"));
    mkdirSync(join(linked, "overlays/x"), { recursive: true });
    symlinkSync("/etc/passwd", join(linked, "tenants/x.yaml"));
    symlinkSync("/etc/passwd", join(linked, "overlays/x/cluster.yaml"));
    const { problems } = loadRepository(linked);
    expect(problems.map(({ code, source }) => [code, source])).toEqual([
      ["file-not-readable", ""],
      ["file-extension", ""],
    ]);
  } finally {
    rmSync(linked, { recursive: true });
  }
});
