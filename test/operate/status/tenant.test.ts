import { describe, expect, it } from "vitest";
import { failure } from "../../../operate/errors.ts";
import { statusOf } from "../../../operate/status/status.ts";
import {
  around,
  partsWith,
  readRecorded,
  set,
  statusFrom,
  THEN,
  wellRecorded,
  type Recorded,
} from "../support/recorded.ts";

const acme = (objects: Partial<Recorded>, more = {}) => {
  const tenant = statusFrom(objects, more).tenants.find(({ id }) => id === "acme");
  if (tenant === undefined) throw new Error("acme is not in the status");
  return tenant;
};

const codes = (objects: Partial<Recorded>, more = {}) =>
  acme(objects, more).problems.map(({ severity, code }) => `${severity} ${code}`);

/** Objects as recorded and well, with one change. */
function changed(change: (all: Recorded) => void): Recorded {
  const all = wellRecorded();
  change(all);
  return all;
}

describe("a tenant as it was recorded", () => {
  it("that is well has no problem, and its figures", () => {
    expect(acme(wellRecorded())).toMatchObject({
      verdict: "well",
      state: "active",
      tier: "small",
      channel: "stable",
      displayName: "Acme Shop",
      git: { record: true, overlay: true },
      problems: [],
      drift: [],
      confirmations: [],
      volumes: [
        {
          claim: "tenant-acme/data-redis-0",
          phase: "Bound",
          size: "2Gi",
          storageClass: "local-retain",
          reclaim: "Retain",
        },
      ],
    });
  });

  it("has pods wanted and ready of each workload", () => {
    expect(acme(wellRecorded()).workloads).toEqual([
      expect.objectContaining({
        object: "Deployment tenant-acme-org-web-mcp/mcp",
        ready: 1,
        wanted: 1,
      }),
      expect.objectContaining({
        object: "Deployment tenant-acme/log-service",
        ready: 1,
        wanted: 1,
      }),
      expect.objectContaining({ object: "StatefulSet tenant-acme/redis", ready: 1, wanted: 1 }),
    ]);
  });

  it("has its quota used against hard, in percent", () => {
    const [root] = acme(wellRecorded()).namespaces;
    expect(root?.quota).toContainEqual({
      key: "requests.memory",
      used: "448Mi",
      hard: "1088Mi",
      percent: 41,
    });
  });

  it("says what keeps a pod from running, and how it ended before", () => {
    expect(codes(readRecorded())).toEqual([
      "wrong image",
      "wrong out-of-memory",
      "wrong no-metrics",
    ]);
  });

  it("whose folder in Git was removed is there, unknown to Argo CD, at the commit that was synced last", () => {
    const hooli = statusFrom(readRecorded()).tenants.find(({ id }) => id === "hooli");
    expect(hooli).toMatchObject({
      verdict: "wrong",
      git: { record: true, overlay: false },
      application: { sync: "Unknown", revision: "929ec6171bc54b031ac6ea36ae946594f304ef68" },
    });
    expect(hooli?.problems.map(({ code }) => code)).toEqual(["no-record", "path-missing"]);
  });
});

describe("Argo CD", () => {
  const application = (path: (string | number)[], value: unknown) =>
    changed(({ applications: [first] }) => first && set(first, path, value));

  it("that runs a sync makes the tenant changing, not wrong", () => {
    const all = application(["status", "operationState", "phase"], "Running");
    expect(acme(all).verdict).toBe("changing");
  });

  it("that is refused again and again tells the object and the policy", () => {
    const all = application(["status", "operationState"], {
      phase: "Running",
      retryCount: 4,
      message: "one or more objects failed to apply",
      syncResult: {
        resources: [
          {
            kind: "Deployment",
            namespace: "tenant-acme",
            name: "log-service",
            status: "SyncFailed",
            message:
              "ValidatingAdmissionPolicy 'neurallog-images' with binding 'neurallog-images' denied",
          },
        ],
      },
    });
    expect(acme(all).problems[0]).toMatchObject({
      code: "policy-refuses",
      subject: "Deployment tenant-acme/log-service",
      means: "the admission policy 'neurallog-images' refuses an object",
    });
  });

  it("that finds drift tells the objects and since when", () => {
    const all = application(["status", "sync", "status"], "OutOfSync");
    const resource = {
      kind: "ResourceQuota",
      namespace: "tenant-acme",
      name: "quota",
      status: "OutOfSync",
    };
    const [first] = all.applications;
    if (first) set(first, ["status", "resources"], [resource]);
    const outOfSync = new Map([["tenant-acme", THEN - 60_000]]);
    expect(acme(all, { outOfSync })).toMatchObject({
      application: { sync: "OutOfSync", outOfSyncSince: "2026-11-21T23:08:00.000Z" },
      drift: [{ object: "ResourceQuota tenant-acme/quota", outOfSync: true, toPrune: false }],
      problems: [{ code: "drift", message: "ResourceQuota tenant-acme/quota" }],
    });
  });

  it("that keeps what Git dropped tells it as kept, not as drift", () => {
    const resource = {
      kind: "PersistentVolumeClaim",
      namespace: "tenant-acme",
      name: "data-redis-0",
      status: "OutOfSync",
      requiresPruning: true,
    };
    expect(codes(application(["status", "resources"], [resource]))).toEqual(["wrong kept-object"]);
  });

  it("that waits for a confirmation tells of which object", () => {
    const all = application(["status", "operationState"], {
      phase: "Running",
      message: "waiting for pruning confirmation of /PersistentVolumeClaim/data-redis-0",
    });
    expect(acme(all).confirmations).toEqual([
      expect.objectContaining({ kind: "prune", object: "/PersistentVolumeClaim/data-redis-0" }),
    ]);
  });

  it("that deletes an Application lists what still waits for a word", () => {
    const all = changed(({ applications: [first] }) => {
      if (!first) return;
      set(first, ["metadata", "deletionTimestamp"], "2026-11-21T23:08:00Z");
      set(first, ["metadata", "finalizers"], ["resources-finalizer.argocd.argoproj.io"]);
      set(
        first,
        ["status", "resources"],
        [
          {
            kind: "Namespace",
            name: "tenant-acme",
            requiresDeletionConfirmation: true,
            status: "Synced",
          },
        ],
      );
    });
    expect(acme(all).confirmations).toEqual([
      expect.objectContaining({ kind: "delete", object: "Namespace tenant-acme" }),
    ]);
    expect(codes(all)).toContain("wrong finalizer");
  });

  it("that does not heal by itself any more is wrong", () => {
    expect(codes(application(["spec", "syncPolicy", "automated"], {}))).toEqual([
      "wrong self-heal-off",
    ]);
  });

  it("that has not looked for an hour is wrong", () => {
    expect(codes(application(["status", "reconciledAt"], "2026-11-21T21:00:00Z"))).toEqual([
      "wrong not-compared",
    ]);
  });

  it("whose word for a tenant's health is bad says so where nothing else explains it", () => {
    expect(codes(application(["status", "health", "status"], "Degraded"))).toEqual([
      "wrong unhealthy",
    ]);
  });
});

describe("a tenant", () => {
  it("in Git without an Application is wrong", () => {
    expect(codes({ namespaces: [] })).toEqual(["wrong no-application"]);
  });

  it("without its root namespace is wrong", () => {
    const all = changed((each) => (each.namespaces = []));
    expect(codes({ ...all, quotas: [], pods: [] })).toEqual(["wrong no-namespace"]);
  });

  it("whose namespace is being deleted is wrong", () => {
    const all = changed(({ namespaces: [first] }) => {
      if (first) set(first, ["metadata", "deletionTimestamp"], "2026-11-21T23:08:00Z");
    });
    expect(codes(all)).toEqual(["wrong namespace-terminating"]);
  });

  it("whose deletion is approved for its very uid has that to confirm, for another uid it has none", () => {
    const approve = (uid: string) =>
      acme(
        changed(({ namespaces }) => {
          for (const each of namespaces) {
            set(each, ["metadata", "uid"], "the-uid");
            set(each, ["metadata", "annotations", "neurallog.dev/deletion-approved"], uid);
          }
        }),
      ).confirmations.map(({ kind }) => kind);
    expect(new Set(approve("the-uid"))).toEqual(new Set(["approved"]));
    expect(new Set(approve("an-older-uid"))).toEqual(new Set(["ineffective"]));
  });

  it("that retires tells its date, and when it has passed", () => {
    const retiring = (day: string) =>
      changed(({ namespaces }) => {
        for (const each of namespaces) {
          set(each, ["metadata", "labels", "neurallog.dev/state"], "retiring");
          set(each, ["metadata", "annotations", "neurallog.dev/retire-after"], day);
        }
      });
    expect(acme(retiring("2027-01-31"))).toMatchObject({
      state: "retiring",
      retireAfter: "2027-01-31",
      verdict: "well",
      problems: [],
    });
    expect(codes(retiring("2026-11-20"))).toEqual(["notice retire-date-passed"]);
  });

  it("that was off-boarded but is partly there is wrong", () => {
    const receipts = [
      { metadata: { name: "offboarded", namespace: "neurallog-system" }, data: { acme: "{}" } },
    ];
    expect(statusFrom({ ...wellRecorded(), receipts }).tenants[0]).toMatchObject({
      state: "offboarded",
      problems: [{ code: "offboarding-unfinished" }],
    });
  });

  it("whose claim is unbound, lost, or on a volume that would be deleted with it, is wrong", () => {
    const claim = (phase: string) =>
      codes(changed(({ claims: [first] }) => first && set(first, ["status", "phase"], phase)));
    expect(claim("Pending")).toEqual(["wrong volume-unbound"]);
    expect(claim("Lost")).toEqual(["wrong volume-lost"]);
    const deleting = changed(({ volumes: [first] }) => {
      if (first) set(first, ["spec", "persistentVolumeReclaimPolicy"], "Delete");
    });
    expect(codes(deleting)).toEqual(["wrong volume-not-retained"]);
  });

  it("whose quota is nearly used gets a word, but not for claims, which fit exactly", () => {
    const all = changed(({ quotas }) => {
      for (const each of quotas) {
        set(each, ["status"], {
          hard: { pods: "10", persistentvolumeclaims: "1", "limits.cpu": "2" },
          used: { pods: "9", persistentvolumeclaims: "1", "limits.cpu": "500m" },
        });
      }
    });
    expect(new Set(codes(all))).toEqual(new Set(["notice quota-nearly-used"]));
    expect(acme(all).problems[0]?.message).toBe("pods: 9 of 10, 90 %");
  });

  it("whose Redis is nearly full gets a word", () => {
    const memory = () => ({ usedBytes: 98, maxBytes: 100, through: "a test" });
    expect(codes(wellRecorded(), { memory })).toEqual(["notice redis-nearly-full"]);
  });

  it("whose pods are refused by the quota tells so", () => {
    const all = changed(({ deployments: [first] }) => {
      if (!first) return;
      const message = 'pods "mcp-1" is forbidden: exceeded quota: quota, requested: pods=1';
      set(first, ["status", "conditions"], [{ type: "ReplicaFailure", status: "True", message }]);
      set(first, ["status", "readyReplicas"], 0);
    });
    expect(codes(all)).toEqual(["wrong quota-exceeded"]);
  });

  it("is not another one whose namespaces only look alike", () => {
    const stranger = { metadata: { name: "tenant-acme-orgs" } };
    const { tenants } = statusFrom({ ...wellRecorded(), namespaces: [stranger] });
    expect(tenants.map(({ id }) => id)).toContain("acme-orgs");
  });

  it("cannot be judged by whoever may not read Applications, and is not called missing", () => {
    const parts = partsWith({ ...wellRecorded(), applications: [] });
    parts.applications.gap = failure("forbidden", {
      verb: "list",
      what: "applications",
      reason: "",
    });
    const { tenants, gaps, verdict } = statusOf(parts, around());
    expect(tenants).toMatchObject([{ id: "acme", verdict: "unknown", problems: [] }]);
    expect(gaps.map(({ code }) => code)).toEqual(["forbidden"]);
    expect(verdict).toBe("unknown");
  });
});

describe("the platform", () => {
  it("without its ApplicationSet is wrong", () => {
    const status = statusFrom({ ...wellRecorded(), applicationSets: [] });
    expect(status.problems.map(({ code }) => code)).toEqual(["no-application-set"]);
    expect(status.verdict).toBe("wrong");
  });

  it("whose ApplicationSet fails tells its words", () => {
    const all = changed(({ applicationSets: [first] }) => {
      const message = "unable to resolve 'refs/heads/verified' to a commit SHA";
      const condition = { type: "ErrorOccurred", status: "True", message };
      if (first) set(first, ["status", "conditions"], [condition]);
    });
    expect(statusFrom(all).problems.map(({ code }) => code)).toEqual(["ref-missing"]);
  });

  it("tells of an Application by a tenant's name in another project", () => {
    const stranger = {
      metadata: { name: "tenant-evil", namespace: "argocd" },
      spec: { project: "default" },
    };
    const all = wellRecorded();
    const status = statusFrom({ ...all, applications: [...all.applications, stranger] });
    expect(status.problems.map(({ code }) => code)).toEqual(["foreign-project"]);
    expect(status.tenants.map(({ id }) => id)).toEqual(["acme"]);
  });
});
