import { z } from "zod";
import * as limits from "../../limits.ts";
import { cidrText, dnsLabel, labelMap, port } from "./scalars.ts";

/** Who may talk to whom. */

/** An address range as the other side of a flow. */
export const addressRange = {
  cidr: cidrText("An address range.").optional(),
  except: z
    .array(cidrText("A range inside cidr that is left out."))
    .min(1)
    .max(limits.MAX_CIDRS)
    .meta({ description: "Parts of cidr that stay closed." })
    .optional(),
};

const peer = z
  .strictObject({
    ...addressRange,
    organization: z
      .string()
      .meta({ description: "One of this tenant's organizations." })
      .optional(),
    namespace: z
      .string()
      .meta({ description: "One of the cluster's shared namespaces; never another tenant's." })
      .optional(),
  })
  .meta({ description: "The other side: exactly one of cidr, organization and namespace." });

const peers = (what: string) =>
  z.array(peer).min(1).max(limits.MAX_PEERS).meta({ description: what }).optional();

const rule = z
  .strictObject({
    name: dnsLabel("Names the NetworkPolicy custom-<name>.", limits.MAX_RULE_NAME),
    namespace: z.string().meta({
      description:
        "root (the log service's pods; never Redis), an organization, or <organization>-mcp.",
    }),
    pods: labelMap(
      "Labels of the pods that the rule is for; all of the organization's when left out.",
    ).optional(),
    direction: z.enum(["ingress", "egress"]).meta({ description: "Who opens the connection." }),
    from: peers("Who may connect (direction ingress)."),
    to: peers("What may be connected to (direction egress)."),
    ports: z
      .array(
        z.strictObject({
          port: port("The port, or the first of a range."),
          endPort: port("The last port of a range.").optional(),
          protocol: z
            .enum(["TCP", "UDP", "SCTP"])
            .meta({ description: "TCP when left out." })
            .optional(),
        }),
      )
      .min(1)
      .max(limits.MAX_PORTS)
      .meta({ description: "Ports on the side that is connected to." }),
  })
  .meta({ description: "A flow beyond those that every tenant has." });

export const network = z
  .strictObject({
    api: z
      .strictObject({
        organizations: z
          .array(z.string())
          .max(limits.MAX_ORGANIZATIONS)
          .meta({
            description:
              "Organizations whose pods may call the log service; all of them when left out.",
          })
          .optional(),
        ingress: z
          .boolean()
          .meta({
            description: "Whether the cluster's ingress controller may: the hosts work only then.",
          })
          .optional(),
        cidrs: z
          .array(cidrText("An address range."))
          .max(limits.MAX_CIDRS)
          .meta({
            description: "Addresses that reach the pods directly, such as a routed office network.",
          })
          .optional(),
      })
      .meta({ description: "Who may reach the log service's API." })
      .optional(),
    rules: z.array(rule).max(limits.MAX_RULES).meta({ description: "Custom flows." }).optional(),
  })
  .meta({ description: "Who may talk to whom. All that is not named is closed." });

export type PeerRecord = z.infer<typeof peer>;
export type RuleRecord = z.infer<typeof rule>;
