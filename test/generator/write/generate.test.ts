import {
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generate } from "../../../generator/write/generate.ts";
import { receiptText } from "../../../generator/record/receipt.ts";
import { organizationReceipt, tenantReceipt } from "../support/receipts.ts";
import { smallRecord, testRepository } from "../support/repository.ts";

const overlayOfA = "overlays/home/tenants/a";
const inode = (root: string, path: string): number => statSync(join(root, path)).ino;
const codes = (result: ReturnType<typeof generate>): string[] =>
  result.problems.map(({ code }) => code);

describe("generate", () => {
  it("writes the overlays that are committed, byte for byte", () => {
    using repository = testRepository();
    generate(repository.root);
    const project = new URL("../../../", import.meta.url).pathname;
    const made = [...repository.files("overlays")];
    const committed = made.map(([path]) => [path, readFileSync(join(project, path), "utf8")]);
    expect(committed).toEqual(made);
  });

  it("writes nothing the second time", () => {
    using repository = testRepository();
    const first = generate(repository.root);
    const second = generate(repository.root);
    expect(second.written).toEqual({ written: 0, unchanged: first.written?.written, removed: 0 });
  });

  it("touches only the files of the record that changed", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a"), b: smallRecord("b") } });
    generate(repository.root);
    const other = "overlays/home/tenants/b/tenant-b/patches.yaml";
    const kustomization = "overlays/home/tenants/a/tenant-a/kustomization.yaml";
    const before = [inode(repository.root, other), inode(repository.root, kustomization)];
    repository.write("tenants/a.yaml", smallRecord("a", "labels: { team: shop }\n"));
    expect(generate(repository.root).written).toMatchObject({ written: 1, removed: 0 });
    expect([inode(repository.root, other), inode(repository.root, kustomization)]).toEqual(before);
  });

  it("mends what was edited, deleted or added by hand", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    generate(repository.root);
    const wanted = repository.files("overlays/home/tenants");
    const folder = "overlays/home/tenants/a/tenant-a";
    repository.write(`${folder}/patches.yaml`, "edited");
    repository.remove("overlays/home/tenants/a/kustomization.yaml");
    repository.write(`${folder}/more/deep/extra.yaml`, "kind: Pod");
    expect(generate(repository.root).written).toMatchObject({ written: 2, removed: 3 });
    expect(repository.files("overlays/home/tenants")).toEqual(wanted);
  });

  it("leaves nothing aside", () => {
    using repository = testRepository();
    generate(repository.root);
    expect([...repository.files(".").keys()].filter((path) => path.includes("staging"))).toEqual(
      [],
    );
  });

  it.each(["link", "folder"])("puts a file where a %s of its name stands", (kind) => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    generate(repository.root);
    const path = "overlays/home/tenants/a/tenant-a/patches.yaml";
    const wanted = repository.read(path);
    repository.write("elsewhere.yaml", wanted);
    repository.remove(path);
    if (kind === "link")
      symlinkSync(join(repository.root, "elsewhere.yaml"), join(repository.root, path));
    else mkdirSync(join(repository.root, path));
    generate(repository.root);
    expect(repository.read(path)).toBe(wanted);
    expect(repository.read("elsewhere.yaml")).toBe(wanted);
    expect(generate(repository.root).written).toMatchObject({ written: 0, removed: 0 });
  });

  it("does not write through a linked folder out of the repository", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    generate(repository.root);
    const outside = join(repository.root, "outside");
    mkdirSync(outside);
    const folder = "overlays/home/tenants/a/tenant-a";
    repository.remove(folder);
    symlinkSync(outside, join(repository.root, folder));
    generate(repository.root);
    expect([...repository.files("outside")]).toEqual([]);
    expect(statSync(join(repository.root, folder)).isDirectory()).toBe(true);
    expect(repository.read(`${folder}/patches.yaml`)).toContain("kind: Namespace");
  });
});

describe("a link in the place of an overlay", () => {
  it("gives way to the overlay, and what is behind it stays as it is", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    generate(repository.root);
    renameSync(join(repository.root, overlayOfA), join(repository.root, "elsewhere"));
    symlinkSync(join(repository.root, "elsewhere"), join(repository.root, overlayOfA));
    repository.write("elsewhere/extra.yaml", "kind: Pod");
    generate(repository.root);
    expect(lstatSync(join(repository.root, overlayOfA)).isDirectory()).toBe(true);
    expect(repository.files(overlayOfA).size).toBe(4);
    expect(repository.files("elsewhere").size).toBe(5);
  });
});

describe("a record or cluster that is wrong", () => {
  it.each([
    ["record", "tenants/b.yaml", "id: b\nnonsense: 1\n"],
    ["cluster", "overlays/home/cluster.yaml", "name: [\n"],
  ])("writes nothing, not even for others: %s", (_, path, text) => {
    using repository = testRepository({ tenants: { a: smallRecord("a"), b: smallRecord("b") } });
    generate(repository.root);
    const before = repository.files("overlays/home/tenants");
    repository.write("tenants/a.yaml", smallRecord("a", "labels: { team: shop }\n"));
    repository.write(path, text);
    const result = generate(repository.root);
    expect(result.problems.length).toBeGreaterThan(0);
    expect(result.written).toBeNull();
    expect(repository.files("overlays/home/tenants")).toEqual(before);
  });
});

describe("a tenant without a record", () => {
  const overlay = "overlays/home/tenants/a";
  const retiring = smallRecord("a", 'state: retiring\nretireAfter: "2027-01-31"\n');

  it("keeps its overlay, with an error, when it was active", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a"), b: smallRecord("b") } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    const result = generate(repository.root, { today: "2099-01-01" });
    expect(codes(result)).toEqual(["record-vanished"]);
    expect(repository.files(overlay).size).toBeGreaterThan(0);
  });

  it("keeps its overlay, with an error, when its record was renamed", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    repository.write("tenants/c.yaml", smallRecord("c"));
    expect(codes(generate(repository.root))).toEqual(["record-vanished"]);
    expect(
      repository.files("overlays/home/tenants").has("overlays/home/tenants/c/kustomization.yaml"),
    ).toBe(false);
  });

  it("keeps its overlay, with an error, until its date", () => {
    using repository = testRepository({ tenants: { a: retiring } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    const result = generate(repository.root, { today: "2027-01-30" });
    expect(codes(result)).toEqual(["record-vanished"]);
    expect(result.problems[0]?.message).toContain("retiring until 2027-01-31");
  });

  it("keeps its overlay, with an error, as long as it was not removed from its cluster", () => {
    using repository = testRepository({ tenants: { a: retiring } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    const result = generate(repository.root, { today: "2099-01-01" });
    expect(codes(result)).toEqual(["record-vanished"]);
    expect(result.problems[0]?.message).toContain("tenants/offboarded/a.json");
  });

  it("keeps its overlay, with an error, when it was active, whatever a receipt says", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    repository.write("tenants/offboarded/a.json", receiptText(tenantReceipt("a")));
    expect(codes(generate(repository.root, { today: "2099-01-01" }))).toEqual(["record-vanished"]);
  });

  it("keeps its overlay, with an error, when only an organization of it was removed", () => {
    using repository = testRepository({ tenants: { a: retiring } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    const receipt = receiptText(organizationReceipt("a", "web"));
    repository.write("tenants/offboarded/a-org-web.json", receipt);
    expect(codes(generate(repository.root, { today: "2099-01-01" }))).toEqual(["record-vanished"]);
  });

  it("writes nothing where a receipt is none", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    repository.write("tenants/offboarded/x.json", "{}");
    const result = generate(repository.root);
    expect([codes(result), result.written]).toEqual([["receipt-unreadable"], null]);
  });

  it("does not come back: an id with a receipt is refused, with another one to take", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    repository.write("tenants/offboarded/a.json", receiptText(tenantReceipt("a")));
    const result = generate(repository.root);
    expect(codes(result)).toEqual(["offboarded-id"]);
    expect(result.problems[0]?.suggestion).toContain("'a-2'");
  });

  it("loses its overlay from its date on, once it was removed from its cluster", () => {
    using repository = testRepository({ tenants: { a: retiring, b: smallRecord("b") } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    repository.write("tenants/offboarded/a.json", receiptText(tenantReceipt("a")));
    const result = generate(repository.root, { today: "2027-01-31" });
    expect(result.written).toMatchObject({ written: 0, removed: 4 });
    expect(
      [...repository.files("overlays/home/tenants").keys()].some((path) =>
        path.startsWith(overlay),
      ),
    ).toBe(false);
  });

  it("keeps its overlay as long as its record is there, whatever the date", () => {
    using repository = testRepository({ tenants: { a: retiring } });
    generate(repository.root, { today: "2099-01-01" });
    expect(repository.files(overlay).size).toBe(4);
  });

  it("keeps an overlay whose state nobody can tell", () => {
    using repository = testRepository({ tenants: { a: retiring } });
    generate(repository.root);
    repository.remove("tenants/a.yaml");
    writeFileSync(join(repository.root, overlay, "tenant-a/patches.yaml"), "kind: Namespace\n");
    expect(codes(generate(repository.root, { today: "2099-01-01" }))).toEqual(["record-vanished"]);
  });
});

describe("an organization that leaves a record", () => {
  const folder = "overlays/home/tenants/a/tenant-a-org-web";

  it("keeps its namespace, with an error, when it was active", () => {
    using repository = testRepository({
      tenants: { a: smallRecord("a", "organizations: [{ id: web }]\n") },
    });
    generate(repository.root);
    repository.write("tenants/a.yaml", smallRecord("a"));
    const result = generate(repository.root);
    expect(codes(result)).toEqual(["organization-vanished"]);
    expect(repository.files(folder).size).toBe(3);
  });

  it("keeps its namespace, with an error, when it had retired and was not removed", () => {
    const record = smallRecord("a", "organizations: [{ id: web, state: retiring }]\n");
    using repository = testRepository({ tenants: { a: record } });
    generate(repository.root);
    const before = repository.files(folder);
    repository.write("tenants/a.yaml", smallRecord("a"));
    const result = generate(repository.root);
    expect(codes(result)).toEqual(["organization-vanished"]);
    expect(result.problems[0]?.message).toContain("npm run offboard -- a --organization web");
    expect(repository.files(folder)).toEqual(before);
  });

  it("leaves when it had retired and was removed from the cluster", () => {
    const record = smallRecord("a", "organizations: [{ id: web, state: retiring, mcp: true }]\n");
    using repository = testRepository({ tenants: { a: record } });
    generate(repository.root);
    repository.write("tenants/a.yaml", smallRecord("a"));
    const receipt = receiptText(organizationReceipt("a", "web"));
    repository.write("tenants/offboarded/a-org-web.json", receipt);
    expect(generate(repository.root).written).toMatchObject({ written: 1, removed: 8 });
  });

  it("may lose its MCP endpoint alone", () => {
    const record = smallRecord("a", "organizations: [{ id: web, mcp: true }]\n");
    using repository = testRepository({ tenants: { a: record } });
    generate(repository.root);
    repository.write("tenants/a.yaml", smallRecord("a", "organizations: [{ id: web }]\n"));
    expect(generate(repository.root).problems).toEqual([]);
  });
});
