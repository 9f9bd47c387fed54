import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { digestOf } from "../../../apps/log-service/src/access/key-file.ts";
import { KeyRing } from "../../../apps/log-service/src/access/key-ring.ts";
import { AccessFolder } from "./support.ts";

function openRing(
  access: { file: string; keysDir: string },
  isRevoked: (digest: string) => boolean = () => false,
) {
  const warnings: string[] = [];
  const ring = new KeyRing({
    file: access.file,
    keysDir: access.keysDir,
    // Tests look again by themselves.
    pollMs: 3_600_000,
    isRevoked,
    warn: (message) => warnings.push(message),
  });
  return { ring, warnings, [Symbol.dispose]: () => ring.close() };
}

describe("the key ring", () => {
  test("finds whom a key stands for, and nobody for another", async () => {
    await using access = new AccessFolder();
    const value = access.only("checkout", "writer", ["payments"]);
    using opened = openRing(access);
    expect(opened.ring.find(digestOf(value))).toEqual({
      name: "checkout",
      roles: ["writer"],
      namespaces: new Set(["payments"]),
    });
    expect(opened.ring.find(digestOf(`${value}x`))).toBeUndefined();
    expect(opened.ring.find(digestOf(""))).toBeUndefined();
  });

  test("does not take a key's stored hash for the key", async () => {
    await using access = new AccessFolder();
    const value = access.only("checkout", "writer");
    using opened = openRing(access);
    const hash = digestOf(value).toString("hex");
    expect(opened.ring.find(digestOf(hash))).toBeUndefined();
    expect(opened.ring.find(digestOf(`sha256:${hash}`))).toBeUndefined();
  });

  test("follows a Secret that is swapped through a symbolic link", async () => {
    await using access = new AccessFolder();
    access.list([{ name: "checkout", role: "writer" }]);
    const before = "nlk_before";
    const after = "nlk_after";
    const mount = join(access.folder, "mount");
    mkdirSync(mount);
    for (const [version, value] of [
      ["v1", before],
      ["v2", after],
    ] as const) {
      mkdirSync(join(mount, version));
      const content = `sha256:${digestOf(value).toString("hex")}`;
      writeFileSync(join(mount, version, "checkout"), content);
    }
    symlinkSync("v1", join(mount, "..data"));
    symlinkSync(join("..data", "checkout"), join(mount, "checkout"));
    using opened = openRing({ file: access.file, keysDir: mount });
    expect(opened.ring.find(digestOf(before))?.name).toBe("checkout");

    // The kubelet's own way: a new link renamed over the old one.
    symlinkSync("v2", join(mount, "..data_tmp"));
    renameSync(join(mount, "..data_tmp"), join(mount, "..data"));
    opened.ring.refresh();
    expect(opened.ring.find(digestOf(before))).toBeUndefined();
    expect(opened.ring.find(digestOf(after))?.name).toBe("checkout");
  });

  test("closes a key whose hash file is gone and leaves its neighbours open", async () => {
    await using access = new AccessFolder();
    access.list([
      { name: "revoked", role: "admin" },
      { name: "kept", role: "reader" },
    ]);
    const revoked = access.issue("revoked");
    const kept = access.issue("kept");
    using opened = openRing(access);
    expect(opened.ring.find(digestOf(revoked))?.name).toBe("revoked");
    rmSync(join(access.keysDir, "revoked"));
    opened.ring.refresh();
    expect(opened.ring.find(digestOf(revoked))).toBeUndefined();
    expect(opened.ring.find(digestOf(kept))?.name).toBe("kept");
    expect(opened.warnings.join()).toContain("revoked");
  });

  test("keeps the keys before when access.json becomes invalid, and says so once", async () => {
    await using access = new AccessFolder();
    const value = access.only("checkout", "writer");
    using opened = openRing(access);
    writeFileSync(access.file, '{"keys":[');
    opened.ring.refresh();
    opened.ring.refresh();
    expect(opened.ring.find(digestOf(value))?.name).toBe("checkout");
    expect(opened.warnings).toHaveLength(1);
  });

  test.each([
    ["an unknown role", { name: "a", roles: ["root"], namespaces: ["*"], hash_file: "a" }],
    [
      "an unknown field",
      { name: "a", roles: ["reader"], namespaces: ["*"], hash_file: "a", key: "x" },
    ],
    ["no namespaces", { name: "a", roles: ["reader"], namespaces: [], hash_file: "a" }],
  ])("does not start with %s", async (_case, entry) => {
    await using access = new AccessFolder();
    writeFileSync(access.file, JSON.stringify({ keys: [entry] }));
    expect(() => openRing(access)).toThrow(/is not valid/);
  });

  test("tells who holds an expired key that it has expired, and nobody else", async () => {
    await using access = new AccessFolder();
    access.list([
      { name: "old", role: "reader", expires: "2026-01-01T00:00:00Z" },
      { name: "new", role: "reader", expires: "2999-01-01T00:00:00+02:00" },
    ]);
    const old = access.issue("old");
    const fresh = access.issue("new");
    using opened = openRing(access);
    expect(() => opened.ring.find(digestOf(old))).toThrow(
      expect.objectContaining({ code: "NL_KEY_EXPIRED", message: "The key old has expired" }),
    );
    expect(opened.ring.find(digestOf(fresh))?.name).toBe("new");
    expect(opened.ring.find(digestOf(`${old}x`))).toBeUndefined();
  });

  test("lists every way in with its state, and no value or hash", async () => {
    await using access = new AccessFolder();
    access.list(
      [
        { name: "open", role: "writer", namespaces: ["payments"] },
        { name: "old", role: "reader", expires: "2026-01-01T00:00:00Z" },
        { name: "closed", role: "admin" },
        { name: "lost", role: "reader" },
      ],
      { certificates: [{ name: "agent", subject: "dns:a", roles: ["writer"], namespaces: ["*"] }] },
    );
    const values = ["open", "old", "closed"].map((name) => access.issue(name));
    const digests = values.map((value) => digestOf(value).toString("hex"));
    using opened = openRing(access, (digest) => digest === digests[2]);
    const list = opened.ring.list();
    expect(list.map(({ name, kind, state }) => [name, kind, state])).toEqual([
      ["open", "key", "active"],
      ["old", "key", "expired"],
      ["closed", "key", "revoked"],
      ["lost", "key", "missing"],
      ["agent", "certificate", "active"],
    ]);
    for (const secret of [...values, ...digests])
      expect(JSON.stringify(list)).not.toContain(secret);
  });

  test("closes a revoked key by its value, so that a new one of that name opens", async () => {
    await using access = new AccessFolder();
    const leaked = access.only("checkout", "writer");
    const digest = digestOf(leaked).toString("hex");
    using opened = openRing(access, (asked) => asked === digest);
    expect(opened.ring.digestOf("checkout")).toBe(digest);
    expect(() => opened.ring.find(digestOf(leaked))).toThrow(/was revoked/);
    const next = access.issue("checkout");
    opened.ring.refresh();
    expect(opened.ring.find(digestOf(next))?.name).toBe("checkout");
  });

  test("keeps the very settings of an issuer as long as they stay the same", async () => {
    await using access = new AccessFolder();
    const oidc = { issuer: "https://issuer.example", audience: "neurallog" };
    access.list([], { oidc });
    using opened = openRing(access);
    const before = opened.ring.oidc;
    opened.ring.refresh();
    expect(opened.ring.oidc).toBe(before);
    access.list([], { oidc: { ...oidc, audience: "other" } });
    opened.ring.refresh();
    expect(opened.ring.oidc?.audience).toBe("other");
  });

  test("attack: a hash file outside the keys folder is not read", async () => {
    await using access = new AccessFolder();
    writeFileSync(join(access.folder, "outside"), `sha256:${digestOf("nlk_x").toString("hex")}`);
    for (const hash_file of ["../outside", "/etc/passwd", "..", "a/b"]) {
      const keys = [{ name: "a", roles: ["admin"], namespaces: ["*"], hash_file }];
      writeFileSync(access.file, JSON.stringify({ keys }));
      expect(() => openRing(access)).toThrow(/hash_file/);
    }
  });

  test("a plain key put where its hash belongs opens nothing and is not repeated in the log", async () => {
    await using access = new AccessFolder();
    access.list([{ name: "checkout", role: "writer" }]);
    access.writeHash("checkout", "nlk_plain");
    using opened = openRing(access);
    expect(opened.ring.find(digestOf("nlk_plain"))).toBeUndefined();
    expect(opened.warnings.join()).toContain("checkout");
    expect(opened.warnings.join()).not.toContain("nlk_plain");
  });
});
