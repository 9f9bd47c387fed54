import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFiles } from "../../../generator/plan/load.ts";
import { openMemory } from "../../../generator/plan/memory.ts";
import { planRecords, type Planned, type RecordFiles } from "../../../generator/plan/repository.ts";
import { recordText, root } from "./support.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-memory-"));
  file = join(folder, "deep/records.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

const committed = readFiles(root, []);

/** One run of the generator's first half; also how many records it had to read. */
function run(files: RecordFiles): { planned: Planned; read: number } {
  const memory = openMemory(file);
  let read = 0;
  const planned = planRecords(files, {
    recall: (fingerprint) => memory.recall(fingerprint),
    remember: (fingerprint, claims) => {
      read += 1;
      memory.remember(fingerprint, claims);
    },
  });
  memory.save();
  return { planned, read };
}

const withTenant = (id: string, text: string): RecordFiles => ({
  ...committed,
  tenants: new Map([...committed.tenants, [`tenants/${id}.yaml`, text]]),
});

describe("a memory of records", () => {
  test("gives the same plans as none, and reads nothing again", () => {
    const fresh = planRecords(committed);
    expect(run(committed).read).toBe(committed.tenants.size);
    const again = run(committed);
    expect(again.read).toBe(0);
    expect(again.planned.problems).toEqual([]);
    expect(again.planned.plans).toEqual(fresh.plans);
    expect(again.planned.candidates.map(({ claims }) => claims)).toEqual(
      fresh.candidates.map(({ claims }) => claims),
    );
  });

  test("reads the one record that changed", () => {
    run(committed);
    expect(run(withTenant("shop", recordText("shop"))).read).toBe(1);
    expect(run(withTenant("shop", recordText("shop", "tier: standard\n"))).read).toBe(1);
  });

  test("reads all again when a cluster changed, because that can change every plan", () => {
    run(committed);
    const clusters = new Map(committed.clusters);
    const name = "overlays/home/cluster.yaml";
    clusters.set(name, `${Buffer.from(clusters.get(name) ?? "").toString("utf8")}\n`);
    expect(run({ ...committed, clusters }).read).toBe(committed.tenants.size);
  });

  test("never hides a fault: a faulty record is reported in every run", () => {
    const files = withTenant("shop", recordText("shop", "tier: smal\n"));
    const codes = [run(files), run(files)].map(({ planned }) =>
      planned.problems.map(({ code }) => code),
    );
    expect(codes).toEqual([["unknown-value"], ["unknown-value"]]);
  });

  test("still finds a host of a remembered record that a new one claims, and tells its place", () => {
    run(withTenant("zeta", recordText("zeta", "logService: { hosts: [a.logs.home.example] }\n")));
    const both = withTenant(
      "zeta",
      recordText("zeta", "logService: { hosts: [a.logs.home.example] }\n"),
    );
    const tenants = new Map([
      ["tenants/beta.yaml", recordText("beta", "logService: { hosts: [a.logs.home.example] }\n")],
      ...both.tenants,
    ]);
    const { problems } = run({ ...both, tenants }).planned;
    // The remembered one comes later, so the fault is shown in its file, which was not read before.
    expect(problems).toMatchObject([
      { code: "duplicate-host", file: "tenants/zeta.yaml", line: 5, column: 23 },
    ]);
  });

  test("still adds up the capacity", () => {
    const files = withTenant(
      "shop",
      recordText("shop", "organizations: [{ id: web, quota: { pods: 300 } }]\n"),
    );
    const codes = [run(files), run(files)].map(({ planned }) =>
      planned.problems.map(({ code }) => code),
    );
    expect(codes).toEqual([["capacity-exceeded"], ["capacity-exceeded"]]);
  });

  test.each([
    ["damaged", "{"],
    ["of other code", '{"version":"0","claims":{}}'],
    ["something else", "[1, 2]"],
  ])("that is %s counts as empty", (_, text) => {
    run(committed);
    writeFileSync(file, text);
    expect(run(committed).read).toBe(committed.tenants.size);
    expect(run(committed).read).toBe(0);
  });

  test("holds what the last run asked for and no more, in one file without leftovers", () => {
    run(withTenant("shop", recordText("shop")));
    const large = readFileSync(file, "utf8").length;
    run(committed);
    expect(readFileSync(file, "utf8").length).toBeLessThan(large);
    expect(readdirSync(join(folder, "deep"))).toEqual(["records.json"]);
  });

  test("is not written when nothing changed", () => {
    run(committed);
    rmSync(file);
    const memory = openMemory(file);
    memory.save();
    expect(existsSync(file)).toBe(false);
  });
});
