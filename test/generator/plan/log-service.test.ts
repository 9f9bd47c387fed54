import { describe, expect, test } from "vitest";
import { codesOf, planOf } from "./support.ts";

describe("syslog", () => {
  test("is taken from pods where an organization may call, and from the networks that the record names", () => {
    const { logService } = planOf(`organizations: [{ id: web }]
logService: { syslog: { udp: true } }
network: { api: { cidrs: [203.0.113.0/24] } }
`);
    expect(logService.syslog).toEqual({
      tcp: false,
      udp: true,
      tls: false,
      namespace: "default",
      zone: "UTC",
      networks: ["10.244.0.0/16", "fd00:244::/56", "203.0.113.0/24"],
    });
  });

  test("is taken from no pod where none of the tenant's may call", () => {
    const { logService } = planOf(`logService: { syslog: { tcp: true } }
network: { api: { cidrs: [203.0.113.0/24] } }
`);
    expect(logService.syslog?.networks).toEqual(["203.0.113.0/24"]);
  });

  test("is nobody's while the tenant is suspended, and no fault of its record", () => {
    const { logService } = planOf(`state: suspended
organizations: [{ id: web }]
logService: { syslog: { tcp: true } }
`);
    expect(logService.syslog?.networks).toEqual([]);
  });
});

describe("lanes", () => {
  test("are one, and some for each node of a Redis Cluster", () => {
    expect(planOf("").logService.namespaces.lanes).toBe(1);
    const cluster = planOf(
      `redis:
  mode: external
  external:
    host: redis.example.com
    cidr: 10.32.0.0/28
    cluster: true
    secret: { name: redis }
`,
      "cloud",
    );
    expect(cluster.logService.namespaces.lanes).toBe(6);
  });
});

describe("work apart", () => {
  const apart = (more = "") => `tier: standard\nlogService: { work: { place: apart${more} } }\n`;

  test("takes its pod's room in the quota, once: the old one is gone before the new one comes", () => {
    const quota = (more: string) => planOf(more).namespaces[0]?.quota;
    expect(quota(apart())?.pods).toBe((quota("tier: standard")?.pods ?? 0) + 1);
    expect(quota("tier: standard")?.requests.cpu).toBe("2510m");
    expect(quota(apart())?.requests.cpu).toBe("2760m");
  });

  test("does not fit a quota that holds the replicas alone", () => {
    expect(codesOf(`${apart()}quota: { pods: 10 }\n`)).toEqual(["quota-too-small"]);
  });

  test("has a heap below its memory limit", () => {
    const { work } = planOf(apart(", resources: { limits: { memory: 1000Mi } }")).logService;
    expect(work).toMatchObject({ place: "apart", heapMebibytes: 400 });
  });
});

describe("retention of one logical namespace", () => {
  test("may bound age, bytes or both", () => {
    const { retention } = planOf(`logService:
  retention:
    bytes: 50Mi
    namespaces:
      audit: { age: 365d }
      debug: { bytes: 10Mi }
      trace: { age: 1h, bytes: 1Mi }
`).logService;
    expect(retention.namespaces).toEqual({
      audit: { ageSeconds: 31_536_000, bytes: null },
      debug: { ageSeconds: null, bytes: 10_485_760 },
      trace: { ageSeconds: 3_600, bytes: 1_048_576 },
    });
  });

  test("bounds something, and no less than the log service takes", () => {
    const own = (text: string) => `logService: { retention: { namespaces: { debug: ${text} } } }`;
    expect(codesOf(own("{}"))).toEqual(["no-effect"]);
    expect(codesOf(own("{ bytes: 1000Ki }"))).toEqual(["out-of-range"]);
    expect(codesOf(own("{ bytes: 1Mi }"))).toEqual([]);
  });
});
