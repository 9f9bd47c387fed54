import type { TenantRecord } from "../record/schema/tenant.ts";
import type { Amounts, Resources } from "./plan.ts";

/**
 * What each tier fills in. `small` is for a team's services on a small cluster, `standard` for a
 * product, `large` for the few that the cluster was bought for. Text, as a record would say it.
 */
export type Tier = {
  redis: { memory: string; cpu: { request: string; limit: string }; storage: string };
  /** Of the tenant's own PostgreSQL, where there is one. */
  archive: { resources: Resources; storage: string };
  logService: {
    replicas: { min: number; max: number };
    resources: Resources;
    cpuUtilization: number;
    retention: {
      age: string;
      /** With an external Redis, whose size the record does not know. */ externalBytes: string;
    };
    rateLimits: { recordsPerSecond: number; bytesPerSecond: string };
  };
  /** Of the pod that merges and drops what is stored, where it is one of its own. */
  work: Resources;
  /**
   * Where that is done with an archive. Apart, copying does not compete with taking in, and the pods
   * that callers reach do not hold the password of the archive's owner; a small tenant has no room for it.
   */
  workWithArchive: "inside" | "apart";
  mcp: { replicas: number; resources: Resources };
  organization: {
    requests: Amounts;
    limits: Amounts;
    pods: number;
    storage: string;
    claims: number;
    services: number;
  };
  /** Containers that name no resources of their own. */
  container: { default: Amounts; defaultRequest: Amounts };
};

// A log service is 132 MB resident before its first request, so no replica asks for less than 160Mi.
export const TIERS: Record<NonNullable<TenantRecord["tier"]>, Tier> = {
  small: {
    redis: { memory: "256Mi", cpu: { request: "50m", limit: "500m" }, storage: "2Gi" },
    archive: {
      resources: {
        requests: { cpu: "50m", memory: "256Mi" },
        limits: { cpu: "1", memory: "256Mi" },
      },
      storage: "5Gi",
    },
    logService: {
      replicas: { min: 1, max: 2 },
      resources: {
        requests: { cpu: "100m", memory: "160Mi" },
        limits: { cpu: "1", memory: "384Mi" },
      },
      cpuUtilization: 70,
      retention: { age: "7d", externalBytes: "100Mi" },
      rateLimits: { recordsPerSecond: 2000, bytesPerSecond: "2Mi" },
    },
    work: {
      requests: { cpu: "100m", memory: "160Mi" },
      limits: { cpu: "1", memory: "384Mi" },
    },
    workWithArchive: "inside",
    mcp: {
      replicas: 1,
      resources: {
        requests: { cpu: "25m", memory: "128Mi" },
        limits: { cpu: "500m", memory: "256Mi" },
      },
    },
    organization: {
      requests: { cpu: "1", memory: "2Gi" },
      limits: { cpu: "2", memory: "4Gi" },
      pods: 10,
      storage: "5Gi",
      claims: 2,
      services: 5,
    },
    container: {
      default: { cpu: "250m", memory: "256Mi" },
      defaultRequest: { cpu: "50m", memory: "64Mi" },
    },
  },
  standard: {
    redis: { memory: "2Gi", cpu: { request: "250m", limit: "1" }, storage: "20Gi" },
    archive: {
      resources: {
        requests: { cpu: "250m", memory: "1Gi" },
        limits: { cpu: "2", memory: "1Gi" },
      },
      storage: "50Gi",
    },
    logService: {
      replicas: { min: 2, max: 4 },
      resources: {
        requests: { cpu: "250m", memory: "256Mi" },
        limits: { cpu: "2", memory: "512Mi" },
      },
      cpuUtilization: 70,
      retention: { age: "14d", externalBytes: "1Gi" },
      rateLimits: { recordsPerSecond: 20_000, bytesPerSecond: "20Mi" },
    },
    work: {
      requests: { cpu: "250m", memory: "192Mi" },
      limits: { cpu: "1", memory: "512Mi" },
    },
    workWithArchive: "apart",
    mcp: {
      replicas: 1,
      resources: {
        requests: { cpu: "50m", memory: "128Mi" },
        limits: { cpu: "1", memory: "256Mi" },
      },
    },
    organization: {
      requests: { cpu: "4", memory: "8Gi" },
      limits: { cpu: "8", memory: "16Gi" },
      pods: 40,
      storage: "50Gi",
      claims: 10,
      services: 20,
    },
    container: {
      default: { cpu: "500m", memory: "512Mi" },
      defaultRequest: { cpu: "100m", memory: "128Mi" },
    },
  },
  large: {
    redis: { memory: "8Gi", cpu: { request: "1", limit: "2" }, storage: "80Gi" },
    archive: {
      resources: {
        requests: { cpu: "1", memory: "8Gi" },
        limits: { cpu: "4", memory: "8Gi" },
      },
      storage: "500Gi",
    },
    logService: {
      replicas: { min: 3, max: 8 },
      resources: {
        requests: { cpu: "1", memory: "512Mi" },
        limits: { cpu: "2", memory: "1Gi" },
      },
      cpuUtilization: 70,
      retention: { age: "30d", externalBytes: "8Gi" },
      rateLimits: { recordsPerSecond: 100_000, bytesPerSecond: "100Mi" },
    },
    work: {
      requests: { cpu: "500m", memory: "256Mi" },
      limits: { cpu: "2", memory: "1Gi" },
    },
    workWithArchive: "apart",
    mcp: {
      replicas: 2,
      resources: {
        requests: { cpu: "100m", memory: "128Mi" },
        limits: { cpu: "1", memory: "256Mi" },
      },
    },
    organization: {
      requests: { cpu: "16", memory: "32Gi" },
      limits: { cpu: "32", memory: "64Gi" },
      pods: 100,
      storage: "200Gi",
      claims: 30,
      services: 50,
    },
    container: {
      default: { cpu: "1", memory: "1Gi" },
      defaultRequest: { cpu: "250m", memory: "256Mi" },
    },
  },
};

/** The exporter does the same little work for every tier. */
export const EXPORTER: Resources = {
  requests: { cpu: "10m", memory: "32Mi" },
  limits: { cpu: "100m", memory: "64Mi" },
};
