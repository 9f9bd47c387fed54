import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { POSTGRES_LIMITS } from "../../../apps/log-service/src/archive/limits.ts";
import {
  ARCHIVE_CONNECTIONS_PER_REPLICA,
  ARCHIVE_OTHER_CONNECTIONS,
  MIN_ARCHIVE_BYTES,
  SURGE,
} from "../../../generator/limits.ts";
import type { Plan } from "../../../generator/plan/plan.ts";
import { loadRepository } from "../../../generator/plan/load.ts";
import { root } from "../../../tools/root.ts";
import { quantity } from "../../../generator/record/quantity.ts";
import { codesOf, planAll, planOf, recordText } from "./support.ts";

function own(plan: Plan) {
  const database = plan.archive?.database;
  if (database?.mode !== "own") throw new Error("no PostgreSQL of its own");
  return database;
}

describe("an archive", () => {
  test("is not there unless the record asks for it", () => {
    expect(planOf("").archive).toBeNull();
    expect(planOf("archive: { enabled: false }").archive).toBeNull();
  });

  test("keeps seven days, indexes words and lets a hundred thousand records wait, unless told otherwise", () => {
    expect(planOf("archive: { enabled: true }").archive).toMatchObject({
      retentionSeconds: 604_800,
      fullText: true,
      buffer: { records: 100_000, bytes: null },
    });
  });

  test("of its own adds one pod, one volume and one Service to the quota, and no more", () => {
    for (const tier of ["small", "standard", "large"]) {
      // Work stays where it is: it has a pod of its own otherwise.
      const record = `tier: ${tier}\nlogService: { work: { place: inside } }\n`;
      const [before] = planOf(record).namespaces;
      const plan = planOf(`${record}archive: { enabled: true }`);
      const [after] = plan.namespaces;
      if (before === undefined || after === undefined) throw new Error("no root namespace");
      const { resources, storage } = own(plan);
      const more = (of: (quota: Plan["namespaces"][number]["quota"]) => number): number =>
        of(after.quota) - of(before.quota);
      expect(more(({ pods }) => pods)).toBe(1);
      expect(more(({ claims }) => claims)).toBe(1);
      expect(more(({ services }) => services)).toBe(1);
      expect(more((quota) => quantity(quota.storage, "bytes"))).toBe(
        quantity(storage.size, "bytes"),
      );
      for (const side of ["requests", "limits"] as const) {
        expect(more((quota) => quantity(quota[side].memory, "bytes"))).toBe(
          quantity(resources[side].memory, "bytes"),
        );
        expect(more((quota) => quantity(quota[side].cpu, "cpu"))).toBe(
          quantity(resources[side].cpu, "cpu"),
        );
      }
    }
  });

  test("on the cluster's server adds nothing to the quota", () => {
    const redis = "redis: { mode: standalone }\nlogService: { work: { place: inside } }\n";
    const [before] = planOf(redis, "cloud").namespaces;
    const plan = planOf(`${redis}archive: { enabled: true }`, "cloud");
    expect(plan.namespaces[0]?.quota).toEqual(before?.quota);
    expect(plan.archive?.database).toMatchObject({
      mode: "external",
      host: "archives.cloud.example",
    });
  });

  test("on the cluster's server has a database that no other tenant's id leads to", () => {
    const more = "redis: { mode: standalone }\narchive: { enabled: true }";
    const ids = ["a", "a-b", "ab", "a-b-c", "ab-c", "a-bc", "a--b"];
    const { plans } = planAll(
      Object.fromEntries(ids.map((id) => [id, recordText(id, more, "cloud")])),
    );
    const names = plans.map(({ archive }) =>
      archive?.database.mode === "external" ? archive.database.name : "",
    );
    expect(names).toContain("neurallog_a_b");
    expect(new Set(names).size).toBe(ids.length);
  });
});

describe("the settings of PostgreSQL", () => {
  test("leave memory for its processes, whatever memory and replicas the record names", () => {
    const sizes = fc.record({
      memory: fc.integer({ min: MIN_ARCHIVE_BYTES / 2 ** 20, max: 16_384 }),
      storage: fc.integer({ min: 2, max: 800 }),
      max: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(sizes, ({ memory, storage, max }) => {
        const plan = planOf(
          `archive: { enabled: true, storage: { size: ${storage}Gi }, resources: { limits: { memory: ${memory}Mi } } }\n` +
            `logService: { replicas: { max: ${max} } }`,
        );
        const { sharedBuffersBytes, workBytes, connections, maintenanceBytes, walBytes } =
          own(plan).sizes;
        const { parallelWorkers } = own(plan).sizes;
        const working = workBytes * (connections + parallelWorkers);
        const all = sharedBuffersBytes + working + 3 * maintenanceBytes;
        expect(all).toBeLessThanOrEqual(memory * 2 ** 20 * 0.75);
        expect(walBytes * 10).toBeLessThan(storage * 2 ** 30);
        expect(connections).toBeGreaterThan((2 * max + 1) * ARCHIVE_CONNECTIONS_PER_REPLICA);
      }),
      { numRuns: 25 },
    );
  });

  test("give a question helpers where there is more than one core, and count their memory", () => {
    const sizes = (cpu: string) =>
      own(planOf(`archive: { enabled: true, resources: { limits: { cpu: ${cpu} } } }`)).sizes;
    expect(["500m", "1", "1900m", "2", "4"].map((cpu) => sizes(cpu).parallelWorkers)).toEqual([
      0, 0, 0, 2, 4,
    ]);
    expect(sizes("4").workBytes).toBeLessThan(sizes("1").workBytes);
  });

  test("have a connection for each that the service may open", () => {
    const { readers, directWriters, statsReaders, controls } = POSTGRES_LIMITS;
    // The last one copies, or asks for the lock of who does.
    const ofReplica = readers + directWriters + statsReaders + controls + 1;
    expect(ofReplica).toBeLessThanOrEqual(ARCHIVE_CONNECTIONS_PER_REPLICA);
    // Three are PostgreSQL's own superuser's; whoever moves records makes days and clears at once as the owner.
    expect(ARCHIVE_OTHER_CONNECTIONS).toBeGreaterThan(3 + 2);
  });
});

test("a database on the cluster's server is told to take as many connections as its tenant may open", () => {
  const page = readFileSync(join(root, "docs/archive.md"), "utf8");
  const umbrella = loadRepository(root).plans.find(({ id }) => id === "umbrella");
  const pods = 2 * (umbrella?.logService.replicas.max ?? 0) + SURGE;
  const connections = pods * ARCHIVE_CONNECTIONS_PER_REPLICA + ARCHIVE_OTHER_CONNECTIONS;
  expect(/neurallog_umbrella [^;]*CONNECTION LIMIT (\d+);/.exec(page)?.[1]).toBe(
    String(connections),
  );
});

describe("the pod that moves records", () => {
  test.each([
    ["small", "inside"],
    ["standard", "apart"],
    ["large", "apart"],
  ])("of tier %s works %s, with an archive and no word of it in the record", (tier, place) => {
    expect(planOf(`tier: ${tier}`).logService.work.place).toBe("inside");
    const plan = planOf(`tier: ${tier}\narchive: { enabled: true }`);
    expect(plan.logService.work.place).toBe(place);
  });

  test("stays inside where the record says so", () => {
    const record =
      "tier: standard\narchive: { enabled: true }\nlogService: { work: { place: inside } }";
    expect(planOf(record).logService.work.place).toBe("inside");
  });

  test("takes resources without a place where the tier gives it one", () => {
    const work = "logService: { work: { resources: { limits: { memory: 1Gi } } } }";
    expect(codesOf(`tier: standard\narchive: { enabled: true }\n${work}`)).toEqual([]);
    expect(codesOf(`tier: standard\n${work}`)).toEqual(["no-effect"]);
  });
});

describe("MCP over WebSocket", () => {
  test("needs somebody who may connect: an organization, an address range or an MCP endpoint", () => {
    const record = (more: string) =>
      `logService: { mcpWebSocket: true }\nnetwork: { api: { organizations: [] ${more} } }`;
    expect(codesOf(record(""))).toEqual(["no-effect"]);
    expect(codesOf(record(", cidrs: [203.0.113.0/24]"))).toEqual([]);
    expect(codesOf(`organizations: [{ id: web, mcp: true }]\n${record("")}`)).toEqual([]);
    expect(codesOf(`organizations: [{ id: web }]\n${record("")}`)).toEqual(["no-effect"]);
  });
});
