import { z } from "zod";

/**
 * What `npm run status -- --json` prints. Fields are only ever added: a change of meaning gets a new number in
 * `format`. Every text that came from the cluster stands as it was there, bounded.
 */
const moment = z.iso.datetime().meta({ description: "UTC" });
const nullable = <T extends z.ZodType>(type: T) => type.nullable();

const verdict = z.enum(["well", "changing", "wrong", "unknown"]).meta({
  description:
    "well: as Git says, and ready; changing: on its way there; wrong: somebody has to act; unknown: cannot be told",
});

const problem = z.object({
  severity: z.enum(["wrong", "notice"]),
  code: z.string().meta({ description: "a stable name, like quota-exceeded; other if unknown" }),
  subject: z.string().meta({ description: "the object, like Pod tenant-acme/redis-0" }),
  message: z.string().meta({ description: "the cluster's own words" }),
  means: z.string(),
  todo: z.string(),
  since: nullable(moment),
});

const operation = z.object({
  phase: z.string(),
  message: z.string(),
  started: nullable(moment),
  finished: nullable(moment),
  retries: z.number(),
});

const application = z.object({
  name: z.string(),
  sync: z.string().meta({ description: "Synced, OutOfSync or Unknown" }),
  health: z.string().meta({
    description: "Healthy, Progressing, Degraded, Suspended, Missing or Unknown",
  }),
  healthSince: nullable(moment),
  revision: nullable(z.string()).meta({
    description: "the commit that was compared last, or else synced last",
  }),
  behind: nullable(z.int()).meta({
    description: "commits between it and the followed ref in this clone; null: it does not say",
  }),
  outOfSyncSince: nullable(moment).meta({ description: "null: in sync, or events are gone" }),
  reconciled: nullable(moment),
  operation: nullable(operation),
});

const drift = z.object({
  object: z.string(),
  outOfSync: z.boolean(),
  toPrune: z.boolean().meta({ description: "no longer in Git, but kept" }),
  health: nullable(z.string()),
});

const confirmation = z.object({
  kind: z.enum(["prune", "delete", "approved", "ineffective"]),
  object: z.string(),
  message: z.string(),
});

const quota = z.object({
  key: z.string(),
  used: z.string(),
  hard: z.string(),
  percent: nullable(z.int()),
});

const namespace = z.object({
  name: z.string(),
  role: z.string(),
  state: nullable(z.string()),
  phase: z.string(),
  quota: z.array(quota),
});

const workload = z.object({
  object: z.string(),
  ready: z.int(),
  wanted: z.int(),
  updated: z.int(),
});

const pod = z.object({
  object: z.string(),
  phase: z.string(),
  ready: z.boolean(),
  restarts: z.int(),
  waiting: z.array(z.object({ container: z.string(), reason: z.string(), message: z.string() })),
  last: z.array(
    z.object({
      container: z.string(),
      reason: z.string(),
      exitCode: nullable(z.int()),
      at: nullable(moment),
    }),
  ),
});

const volume = z.object({
  claim: z.string(),
  phase: z.string(),
  size: z.string(),
  requested: z.string(),
  storageClass: z.string(),
  volume: z.string(),
  reclaim: nullable(z.string()),
});

const memory = z.union([
  z.object({
    usedBytes: z.number(),
    maxBytes: nullable(z.number()).meta({ description: "maxmemory; null: unknown or none" }),
    through: z.string().meta({ description: "where the figure is from" }),
  }),
  z.object({ unreadable: z.string() }),
]);

const tenant = z.object({
  id: z.string(),
  displayName: nullable(z.string()),
  verdict,
  state: z.enum(["active", "suspended", "retiring", "offboarded", "unknown"]),
  retireAfter: nullable(z.string()).meta({ description: "a day" }),
  tier: nullable(z.string()),
  channel: nullable(z.string()),
  git: z.object({
    record: nullable(z.boolean()),
    overlay: nullable(z.boolean()).meta({ description: "in the followed ref; null: not known" }),
  }),
  application: nullable(application),
  drift: z.array(drift),
  confirmations: z.array(confirmation),
  namespaces: z.array(namespace),
  workloads: z.array(workload),
  pods: z.array(pod),
  volumes: z.array(volume),
  redisMemory: memory,
  problems: z.array(problem).meta({ description: "the worst first" }),
});

const gap = z.object({
  code: z.string(),
  message: z.string(),
  hides: z.string().meta({ description: "what this answer lacks therefore" }),
});

export const statusSchema = z.object({
  format: z.literal("neurallog-status/1"),
  at: moment,
  context: z.string(),
  server: z.string(),
  cluster: nullable(z.string()),
  followed: z.object({
    ref: nullable(z.string()),
    revision: nullable(z.string()),
    source: z.string().meta({ description: "where ref and tenants in Git were read" }),
  }),
  verdict,
  tenants: z.array(tenant),
  problems: z.array(problem).meta({ description: "of no tenant: the ApplicationSet, strays" }),
  gaps: z.array(gap),
});

/** With --watch: one of these in each line. */
export const watchSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("status"), status: statusSchema }),
  z.object({ type: z.literal("tenant"), at: moment, tenant }),
  z.object({ type: z.literal("gone"), at: moment, id: z.string() }),
  z.object({ type: z.literal("platform"), at: moment, problems: z.array(problem) }),
  z.object({ type: z.literal("connection"), at: moment, gaps: z.array(gap) }),
]);

export type Status = z.infer<typeof statusSchema>;
export type WatchLine = z.infer<typeof watchSchema>;
export type TenantStatus = z.infer<typeof tenant>;
export type Problem = z.infer<typeof problem>;
export type Gap = z.infer<typeof gap>;
export type Memory = z.infer<typeof memory>;
export type Verdict = z.infer<typeof verdict>;
