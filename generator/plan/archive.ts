import {
  ARCHIVE_BUFFERS_PERCENT,
  ARCHIVE_CACHE_PERCENT,
  ARCHIVE_CONNECTIONS_PER_REPLICA,
  ARCHIVE_MAINTENANCE_PERCENT,
  ARCHIVE_OTHER_CONNECTIONS,
  ARCHIVE_REPLAY_BYTES_PER_SECOND,
  ARCHIVE_WAL_PERCENT,
  ARCHIVE_WORK_PERCENT,
  BUFFER_RECORDS,
  MAX_ARCHIVE_DAYS,
  MAX_ARCHIVE_PARALLEL,
  MAX_ARCHIVE_WAL,
  MAX_DATABASE_NAME,
  MIN_ARCHIVE_BYTES,
  MIN_ARCHIVE_STORAGE,
  SURGE,
} from "../limits.ts";
import { duration } from "../record/duration.ts";
import { formatBytes, quantity } from "../record/quantity.ts";
import type { TenantContext } from "./context.ts";
import { databaseOf } from "./names.ts";
import type {
  ArchivePlan,
  ExternalDatabase,
  OwnDatabase,
  PostgresSizes,
  RetentionPlan,
} from "./plan.ts";
import { rolling } from "./quota.ts";
import { containerResources } from "./resources.ts";
import { atLeastBytes } from "./retention.ts";
import { storageClass } from "./storage.ts";

const DAY = 86_400;

/** Whether the record asks for an archive: before the plan of one can be made. */
export const wantsArchive = ({ record }: TenantContext): boolean =>
  record.archive?.enabled === true;

/** The tenant's archive, or null when it has none or the cluster offers none. */
export function planArchive(
  context: TenantContext,
  image: string | undefined,
  replicas: { max: number },
  hot: RetentionPlan,
): ArchivePlan | null {
  const { record, report } = context;
  const written = record.archive;
  if (written === undefined) return null;
  if (written.enabled !== true) {
    for (const field of Object.keys(written)) {
      if (field === "enabled") continue;
      const reason = "there is an archive with enabled: true only";
      report("no-effect", { field: `archive.${field}`, reason }, ["archive", field], "key");
    }
    if (Object.keys(written).length === 0) {
      const reason = "it says nothing; there is an archive with enabled: true only";
      report("no-effect", { field: "archive", reason }, ["archive"], "key");
    }
    return null;
  }
  const database =
    context.cluster.record.archive?.external === undefined
      ? own(context, image, replicas.max)
      : external(context);
  if (database === null) return null;
  return {
    database,
    retentionSeconds: retention(context),
    fullText: written.fullText ?? true,
    buffer: {
      records: written.buffer?.records ?? BUFFER_RECORDS,
      bytes: bufferBytes(context, hot),
    },
  };
}

function retention({ record, report }: TenantContext): number {
  const seconds = duration(record.archive?.retention ?? "7d");
  // A partition holds a day, and goes as a whole.
  if (seconds < DAY || seconds > MAX_ARCHIVE_DAYS * DAY) {
    const reason = `must be from 1d to ${MAX_ARCHIVE_DAYS}d`;
    report("out-of-range", { field: "retention", reason }, ["archive", "retention"], "value");
  }
  return seconds;
}

/** Beyond what Redis keeps at all, the number would bound nothing. */
function bufferBytes(context: TenantContext, hot: RetentionPlan): number | null {
  const { record, report } = context;
  const text = record.archive?.buffer?.bytes;
  if (text === undefined) return null;
  const bytes = atLeastBytes(context, text, ["archive", "buffer", "bytes"]);
  if (bytes > hot.bytes) {
    const arithmetic = `logService.retention.bytes keeps ${formatBytes(hot.bytes)} in Redis, and what waits is in there`;
    const path = ["archive", "buffer", "bytes"];
    report("retention-too-large", { given: formatBytes(bytes), arithmetic }, path, "value");
  }
  return bytes;
}

function own(
  context: TenantContext,
  image: string | undefined,
  replicas: number,
): OwnDatabase | null {
  const { record, tier, cluster, report } = context;
  if (image === undefined) {
    const channel = record.channel ?? "stable";
    const values = {
      cluster: cluster.record.name,
      what: `archive: neither archive.external nor channels.${channel}.images.postgres`,
    };
    report("not-offered", values, ["archive", "enabled"], "value");
    return null;
  }
  const resources = containerResources(context, record.archive?.resources, tier.archive.resources, [
    "archive",
    "resources",
  ]);
  const memory = quantity(resources.limits.memory, "bytes");
  if (memory < MIN_ARCHIVE_BYTES) {
    const values = { given: formatBytes(memory), min: formatBytes(MIN_ARCHIVE_BYTES) };
    report("archive-too-small", values, ["archive", "resources", "limits", "memory"], "value");
  }
  const size = quantity(record.archive?.storage?.size ?? tier.archive.storage, "bytes");
  if (size < MIN_ARCHIVE_STORAGE) {
    const values = { given: formatBytes(size), min: formatBytes(MIN_ARCHIVE_STORAGE) };
    report("archive-too-small", values, ["archive", "storage", "size"], "value");
  }
  const cores = Math.floor(quantity(resources.limits.cpu, "cpu") / 1000);
  const sizes = sizesOf(memory, size, replicas, cores);
  return {
    mode: "own",
    image,
    resources,
    sizes,
    storage: { size: formatBytes(size), class: storageClass(context, "archive") },
    startSeconds: 60 + Math.ceil(sizes.walBytes / ARCHIVE_REPLAY_BYTES_PER_SECOND),
  };
}

/** What follows from the container's memory, its whole cores, its volume and those who connect: old replicas that drain included. */
function sizesOf(memory: number, storage: number, replicas: number, cores: number): PostgresSizes {
  const share = (percent: number): number => Math.floor((memory * percent) / 100);
  const connections =
    rolling(replicas, SURGE).count * ARCHIVE_CONNECTIONS_PER_REPLICA + ARCHIVE_OTHER_CONNECTIONS;
  // Helpers on one core would only take turns.
  const parallelWorkers = cores < 2 ? 0 : Math.min(cores, MAX_ARCHIVE_PARALLEL);
  return {
    sharedBuffersBytes: share(ARCHIVE_BUFFERS_PERCENT),
    cacheBytes: share(ARCHIVE_CACHE_PERCENT),
    workBytes: Math.floor(share(ARCHIVE_WORK_PERCENT) / (connections + parallelWorkers)),
    maintenanceBytes: share(ARCHIVE_MAINTENANCE_PERCENT),
    walBytes: Math.min(Math.floor((storage * ARCHIVE_WAL_PERCENT) / 100), MAX_ARCHIVE_WAL),
    connections,
    parallelWorkers,
  };
}

function external(context: TenantContext): ExternalDatabase | null {
  const { record, cluster, report } = context;
  const server = cluster.record.archive?.external;
  if (server === undefined) return null;
  for (const field of ["storage", "resources"] as const) {
    if (record.archive?.[field] === undefined) continue;
    const reason = `archives of cluster ${cluster.record.name} are at ${server.host}, which has its own`;
    report("no-effect", { field: `archive.${field}`, reason }, ["archive", field], "key");
  }
  const name = databaseOf(server.database, record.id);
  if (name.length > MAX_DATABASE_NAME) {
    const reason = `makes the database name ${name}: ${name.length} characters, of ${MAX_DATABASE_NAME} that leave room for its users' names`;
    report("out-of-range", { field: "id", reason }, ["id"], "value");
  }
  const { cidr, pods } = server.egress;
  const peer: ExternalDatabase["peer"] | undefined =
    cidr === undefined ? pods && { kind: "pods", ...pods } : { kind: "ipBlock", cidr };
  // The schema lets a record through only with one of the two.
  if (peer === undefined)
    throw new Error(`cluster ${cluster.record.name} has no way to its archives`);
  return {
    mode: "external",
    host: server.host,
    port: server.port ?? 5432,
    name,
    authority: server.authority ?? null,
    peer,
  };
}
