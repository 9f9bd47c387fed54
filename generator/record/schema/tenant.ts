import { z } from "zod";
import * as limits from "../../limits.ts";
import { network } from "./network.ts";
import { amounts, containerLimits, quota } from "./resources.ts";
import {
  bytes,
  cidrText,
  date,
  dnsLabel,
  durationText,
  freeText,
  group,
  hostname,
  labelMap,
  objectName,
  organizationId,
  port,
  secretKey,
  tenantId,
} from "./scalars.ts";

/**
 * What people write in `tenants/<id>.yaml`. No field has a default here: the tier and the cluster
 * fill in what is left out (generator/plan/), so that this schema stays the record as written.
 */

export const role = z.enum(["writer", "reader", "admin"]);

const logicalNamespaces = (what: string) =>
  z
    .array(dnsLabel("A logical namespace's name, or '*' for all of them.").or(z.literal("*")))
    .min(1)
    .max(100)
    .meta({ description: what });

const mcp = z
  .strictObject({
    roles: z
      .array(role)
      .min(1)
      .max(role.options.length)
      .meta({
        description: "What the endpoint's key may do in the log service: all of them together.",
      })
      .optional(),
    namespaces: logicalNamespaces("Logical namespaces that the endpoint's key may use.").optional(),
    quota: quota(
      "Quota of the MCP namespace; made from what is deployed when left out.",
    ).optional(),
    limits: containerLimits("LimitRange of the MCP namespace.").optional(),
  })
  .meta({ description: "The MCP endpoint in detail." });

const organization = z
  .strictObject({
    id: organizationId("Names the namespace tenant-<id>-org-<organization>. Never changes."),
    displayName: freeText("Name for people.").optional(),
    group: group(
      "Identity-provider group that owns the namespace; the owner's group when left out.",
    ).optional(),
    state: z
      .enum(["active", "retiring"])
      .meta({ description: "retiring: access closed, zero quota, the namespace stays." })
      .optional(),
    mcp: z
      .union([z.boolean(), mcp])
      .meta({
        description: "Whether the organization has an MCP endpoint in a namespace of its own.",
      })
      .optional(),
    quota: quota("ResourceQuota of the organization's namespace.").optional(),
    limits: containerLimits("LimitRange of the organization's namespace.").optional(),
  })
  .meta({ description: "A group of workloads with a namespace of its own." });

const redis = z
  .strictObject({
    mode: z
      .enum(["standalone", "external"])
      .meta({
        description:
          "standalone: a Redis in the tenant's namespace. external: a managed one, named under external.",
      })
      .optional(),
    memory: bytes("Memory limit of the Redis container. 45 % of it becomes maxmemory.").optional(),
    storage: z
      .strictObject({
        size: bytes(
          "Size of the volume. It can grow where the class allows it, never shrink.",
        ).optional(),
        class: objectName(
          "One of the cluster's storage classes; it must retain volumes. Never changes.",
        ).optional(),
      })
      .meta({ description: "The volume of Redis' append-only file." })
      .optional(),
    durability: z
      .enum(["always", "everysec"])
      .meta({
        description:
          "always: what was acknowledged is on disk. everysec: a crash may lose two seconds.",
      })
      .optional(),
    external: z
      .strictObject({
        host: hostname("DNS name of the managed Redis."),
        port: port("Its port; 6379 when left out.").optional(),
        tls: z
          .boolean()
          .meta({ description: "Whether to connect with TLS; true when left out." })
          .optional(),
        cidr: cidrText(
          "Addresses of the managed Redis: the only ones that the log service may reach.",
        ),
        secret: z
          .strictObject({
            name: objectName("Secret with the key app: the password of the Redis user app."),
          })
          .meta({ description: "Where the password is; never the password itself." }),
      })
      .meta({ description: "The managed Redis of mode external." })
      .optional(),
  })
  .meta({ description: "The tenant's store." });

const logService = z
  .strictObject({
    replicas: z
      .strictObject({
        min: z.int().min(1).max(100).meta({ description: "Fewest replicas." }).optional(),
        max: z
          .int()
          .min(1)
          .max(100)
          .meta({ description: "Most replicas; the quota has to hold them." })
          .optional(),
      })
      .meta({ description: "Bounds of the autoscaler." })
      .optional(),
    resources: z
      .strictObject({
        requests: amounts("What the scheduler sets aside.").optional(),
        limits: amounts("The most that the container gets.").optional(),
      })
      .meta({ description: "Resources of one replica." })
      .optional(),
    autoscaling: z
      .strictObject({
        cpuUtilization: z
          .int()
          .min(10)
          .max(95)
          .meta({
            description: "Share of the requested CPU, in percent, that the autoscaler aims at.",
          })
          .optional(),
        recommendations: z
          .boolean()
          .meta({ description: "A VerticalPodAutoscaler that recommends and changes nothing." })
          .optional(),
      })
      .meta({ description: "How replicas follow the load." })
      .optional(),
    namespaces: z
      .strictObject({
        enabled: z
          .boolean()
          .meta({
            description:
              "Whether logs are kept in logical namespaces; off: all in the default one.",
          })
          .optional(),
        default: dnsLabel("The logical namespace of records that name none.").optional(),
      })
      .meta({ description: "Logical namespaces inside the tenant." })
      .optional(),
    retention: z
      .strictObject({
        age: durationText("Records received longer ago are dropped.").optional(),
        bytes: bytes("The oldest records are dropped beyond this size in Redis.").optional(),
      })
      .meta({ description: "What is kept; both bounds hold." })
      .optional(),
    hosts: z
      .array(hostname("A DNS name under the cluster's suffix."))
      .min(1)
      .max(limits.MAX_HOSTS)
      .meta({ description: "Names under which the log service is reached from outside." })
      .optional(),
    rateLimits: z
      .strictObject({
        recordsPerSecond: z
          .int()
          .min(1)
          .max(10_000_000)
          .meta({ description: "Records a second." })
          .optional(),
        bytesPerSecond: bytes("Bytes a second.").optional(),
      })
      .meta({ description: "Bounds of each API key, in each replica." })
      .optional(),
  })
  .meta({ description: "The tenant's log service." });

const key = z
  .strictObject({
    name: dnsLabel("Names the key in logs and rate limits."),
    role: role.meta({
      description: "writer: sends. reader: searches. admin: both, and administers.",
    }),
    namespaces: logicalNamespaces(
      "Logical namespaces that the key may use; all when left out.",
    ).optional(),
    secret: z
      .strictObject({
        name: objectName("Name of the Secret.").optional(),
        key: secretKey("The entry in it; the key's name when left out.").optional(),
      })
      .meta({ description: "Where the key's hash is; never the key itself." })
      .optional(),
  })
  .meta({ description: "An API key." });

export const tenantSchema = z
  .strictObject({
    id: tenantId("Names the tenant and its namespaces. Equals the file's name. Never changes."),
    displayName: freeText("Name for people."),
    owner: z
      .strictObject({
        contact: freeText("Where to reach the owners: a mail address or a channel.", 200),
        group: group("Identity-provider group that owns the tenant."),
      })
      .meta({ description: "Who owns the tenant." }),
    cluster: dnsLabel(
      "The folder under overlays/ of the cluster that the tenant runs on. Never changes.",
    ),
    channel: z
      .enum(["canary", "stable"])
      .meta({ description: "Which release and images the tenant gets; canary is first." })
      .optional(),
    state: z
      .enum(["active", "suspended", "retiring"])
      .meta({
        description:
          "suspended: nothing runs but Redis, data is kept. retiring: closed, removed after retireAfter.",
      })
      .optional(),
    retireAfter: date("From this day on a retiring tenant may be removed.").optional(),
    tier: z
      .enum(["small", "standard", "large"])
      .meta({ description: "Fills in everything left out." })
      .optional(),
    labels: labelMap(
      "Labels of all the tenant's namespaces, for cost reports and the like.",
    ).optional(),
    organizations: z
      .array(organization)
      .max(limits.MAX_ORGANIZATIONS)
      .meta({ description: "The tenant's organizations." })
      .optional(),
    quota: quota(
      "ResourceQuota of the root namespace; made from what is deployed when left out.",
    ).optional(),
    limits: containerLimits("LimitRange of the root namespace.").optional(),
    placement: z
      .strictObject({
        nodeSelector: labelMap("Labels that a node must have.").optional(),
        tolerations: z
          .array(z.string())
          .max(20)
          .meta({ description: "Names from the cluster's list." })
          .optional(),
        priority: z
          .string()
          .meta({ description: "A priority class from the cluster's list." })
          .optional(),
      })
      .meta({ description: "Where the tenant's pods run." })
      .optional(),
    redis: redis.optional(),
    logService: logService.optional(),
    network: network.optional(),
    access: z
      .strictObject({
        keys: z.array(key).max(limits.MAX_KEYS).meta({ description: "API keys." }).optional(),
      })
      .meta({ description: "Who may call the log service." })
      .optional(),
  })
  .meta({ title: "NeuralLog tenant", description: "One tenant of NeuralLog." });

/** Values that are coming: naming one is refused with 'not available yet', so that no field is without effect. */
export const NOT_AVAILABLE_YET: Readonly<Record<string, readonly string[]>> = {
  "redis.mode": ["sentinel", "cluster"],
};

/** A tenant's record as written. */
export type TenantRecord = z.infer<typeof tenantSchema>;
export type OrganizationRecord = z.infer<typeof organization>;
export type Role = z.infer<typeof role>;
