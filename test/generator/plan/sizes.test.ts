import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MIN_REDIS_BYTES } from "../../../generator/limits.ts";
import type { NamespacePlan, Plan } from "../../../generator/plan/plan.ts";
import { formatBytes, quantity } from "../../../generator/record/quantity.ts";
import { codesOf, planOf } from "./support.ts";

const rootOf = (plan: Plan): NamespacePlan | undefined => plan.namespaces[0];
const standalone = (plan: Plan) => {
  if (plan.redis.mode !== "standalone") throw new Error("no Redis of its own");
  return plan.redis;
};

describe.each(["small", "standard", "large"])("tier %s", (tier) => {
  test.each([
    ["home", ""],
    ["cloud", "redis: { mode: standalone }\n"],
  ])("fills in a record on cluster %s that says nothing else", (cluster, redis) => {
    const plan = planOf(
      `tier: ${tier}\norganizations: [{ id: web, mcp: true }]\n${redis}`,
      cluster,
    );
    expect(JSON.stringify(plan)).not.toContain("undefined");
    expect(plan.tier).toBe(tier);
  });

  test("has a Redis that can save itself, and retention below its memory", () => {
    const plan = planOf(`tier: ${tier}`);
    const { maxmemoryBytes, resources } = standalone(plan);
    expect(maxmemoryBytes * 2).toBeLessThan(quantity(resources.limits.memory, "bytes"));
    expect(plan.logService.retention.bytes).toBeLessThan(maxmemoryBytes);
  });

  test("may be changed in each size alone without breaking the others", () => {
    const sizes = fc.record({
      memory: fc.integer({ min: 64, max: 900 }).map((mebibytes) => `${mebibytes}Mi`),
      max: fc.integer({ min: 1, max: 30 }),
      limit: fc.integer({ min: 100, max: 4000 }).map((milli) => `${milli}m`),
    });
    fc.assert(
      fc.property(sizes, ({ memory, max, limit }) => {
        for (const more of [
          `redis: { memory: ${memory} }`,
          `logService: { replicas: { max: ${max} } }`,
          `logService: { replicas: { min: ${max} } }`,
          `logService: { resources: { limits: { cpu: ${limit} } } }`,
          `logService: { resources: { requests: { cpu: ${limit} } } }`,
        ]) {
          // The cluster of the test is small: its capacity is another test's subject.
          const codes = codesOf(`tier: ${tier}\n${more}`).filter(
            (code) => code !== "capacity-exceeded",
          );
          expect(codes).toEqual([]);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("the quota of the root namespace", () => {
  test("holds Redis and twice the most replicas and one more, to the last byte", () => {
    const plan = planOf("logService: { replicas: { max: 3 } }");
    const { redis, logService } = plan;
    if (redis.mode !== "standalone") throw new Error("no Redis of its own");
    const quota = rootOf(plan)?.quota;
    const memory =
      quantity(redis.resources.requests.memory, "bytes") +
      quantity(redis.exporterResources.requests.memory, "bytes") +
      7 * quantity(logService.resources.requests.memory, "bytes");
    expect(quota?.requests.memory).toBe(formatBytes(memory));
    expect(quota).toMatchObject({ pods: 8, claims: 1, services: 2, storage: redis.storage.size });
  });

  test("what is worked out is also what the check accepts, and one less is refused", () => {
    const { pods } = rootOf(planOf(""))?.quota ?? { pods: 0 };
    expect(codesOf(`quota: { pods: ${pods} }`)).toEqual([]);
    expect(codesOf(`quota: { pods: ${pods - 1} }`)).toEqual(["quota-too-small"]);
  });

  test.each([
    "requests: { cpu: 1m }",
    "requests: { memory: 1Mi }",
    "limits: { cpu: 1m }",
    "limits: { memory: 1Mi }",
    "pods: 1",
    "storage: 1Mi",
    "claims: 0",
    "services: 1",
  ])("too small in %s is refused alone", (field) => {
    expect(codesOf(`quota: { ${field} }`)).toEqual(["quota-too-small"]);
  });

  test("with an external Redis counts no volume", () => {
    const external = "redis: { external: { host: a.b, cidr: 10.32.0.0/28, secret: { name: s } } }";
    expect(rootOf(planOf(external, "cloud"))?.quota).toMatchObject({
      storage: "0",
      claims: 0,
      services: 1,
      pods: 5,
    });
  });
});

describe("Redis", () => {
  test("of the smallest size still leaves room for logs", () => {
    const plan = planOf(`redis: { memory: ${formatBytes(MIN_REDIS_BYTES)} }`);
    expect(plan.logService.retention.bytes).toBeGreaterThan(16 * 2 ** 20);
    expect(codesOf(`redis: { memory: ${MIN_REDIS_BYTES - 1} }`)).toEqual(["redis-too-small"]);
  });

  test("retention fits to the byte, and one more is refused", () => {
    const { bytes } = planOf("").logService.retention;
    expect(codesOf(`logService: { retention: { bytes: ${bytes} } }`)).toEqual([]);
    expect(codesOf(`logService: { retention: { bytes: ${bytes + 1} } }`)).toEqual([
      "retention-too-large",
    ]);
  });
});

describe("LimitRanges", () => {
  test("allow the largest container that is deployed", () => {
    const plan = planOf("redis: { memory: 3Gi, storage: { size: 20Gi } }");
    expect(rootOf(plan)?.limitRange.max.memory).toBe("3Gi");
  });

  test("a default written alone raises the maximum that is worked out", () => {
    expect(rootOf(planOf('limits: { default: { cpu: "3" } }'))?.limitRange).toMatchObject({
      default: { cpu: "3" },
      max: { cpu: "3" },
    });
  });
});

describe("the capacity of a cluster", () => {
  test.each(["cpu", "memory", "storage", "pods"])("is checked in %s", (what) => {
    const quota = {
      cpu: 'requests: { cpu: "100" }, limits: { cpu: "100" }',
      memory: "requests: { memory: 300Gi }, limits: { memory: 300Gi }",
      storage: "storage: 2Ti",
      pods: "pods: 400",
    }[what];
    expect(codesOf(`organizations: [{ id: web, quota: { ${quota} } }]`)).toEqual([
      "capacity-exceeded",
    ]);
  });
});
