import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { planOf, redisSettings } from "../../local/tenant.ts";
import { root } from "../../tools/root.ts";

let repository: string;

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), "neurallog-repository-"));
  for (const part of ["tenants", "overlays/home/cluster.yaml", "overlays/cloud/cluster.yaml"]) {
    cpSync(join(root, part), join(repository, part), { recursive: true });
  }
  cpSync(join(root, "bases"), join(repository, "bases"), { recursive: true });
});

afterEach(() => rm(repository, { recursive: true, force: true }));

function change(tenant: string, from: RegExp, to: string): void {
  const file = join(repository, "tenants", `${tenant}.yaml`);
  const text = readFileSync(file, "utf8");
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
}

test("the local Redis has the size and durability of the record", () => {
  const plan = planOf("acme", repository);
  if (plan.redis.mode !== "standalone") throw new Error("acme has a Redis of its own");
  expect(redisSettings(plan)).toEqual({
    maxmemory: plan.redis.maxmemoryBytes,
    durability: plan.redis.durability,
  });
});

test("a broken record is refused with its errors, each with file, line and caret", () => {
  change("acme", /^displayName:/m, "displayNmae:");
  expect(() => planOf("acme", repository)).toThrow(/tenants\/acme\.yaml:\d+:\d+ error .*\^/s);
});

test("a neighbour's broken record keeps nobody else from starting", () => {
  change("globex", /^displayName:/m, "displayNmae:");
  expect(planOf("acme", repository).id).toBe("acme");
});

test("a suspended tenant is not started", () => {
  change("acme", /^(cluster: .*)$/m, "$1\nstate: suspended");
  expect(() => planOf("acme", repository)).toThrow(/tenant acme is suspended/);
});
