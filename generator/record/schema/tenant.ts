import { z } from "zod";
import * as limits from "../../limits.ts";
import { access, logicalNamespaces, role, type Role } from "./access.ts";
import { archive } from "./archive.ts";
import { logService } from "./log-service.ts";
import { network } from "./network.ts";
import { redis } from "./redis.ts";
import { containerLimits, quota } from "./resources.ts";
import { date, dnsLabel, freeText, group, labelMap, organizationId, tenantId } from "./scalars.ts";

/**
 * What people write in `tenants/<id>.yaml`. No field has a default here: the tier and the cluster
 * fill in what is left out (generator/plan/), so that this schema stays the record as written.
 */

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
          "suspended: nothing runs but Redis and the archive, data is kept. retiring: closed, removed after retireAfter.",
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
    archive: archive.optional(),
    logService: logService.optional(),
    network: network.optional(),
    access: access.optional(),
  })
  .meta({ title: "NeuralLog tenant", description: "One tenant of NeuralLog." });

/** Values that are coming: naming one is refused with 'not available yet', so that no field is without effect. */
export const NOT_AVAILABLE_YET: Readonly<Record<string, Readonly<Record<string, string | null>>>> =
  {
    // Each with what there is instead.
    "redis.mode": {
      sentinel: null,
      cluster: "a managed one: mode: external, with cluster: true under external",
    },
  };

/** A tenant's record as written. */
export type TenantRecord = z.infer<typeof tenantSchema>;
export type OrganizationRecord = z.infer<typeof organization>;
export type { Role };
