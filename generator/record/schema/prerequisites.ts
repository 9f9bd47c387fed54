import { z } from "zod";
import { dnsLabel, hostname, labelKey, objectName } from "./scalars.ts";

/**
 * What a cluster has to have before `kubectl apply -k overlays/<cluster>/platform`, in
 * `overlays/<cluster>/platform/prerequisites.yaml`. No manifest: nothing here is installed by this
 * repository, `npm run prerequisites` only looks whether it is there.
 */

const version = (what: string) =>
  z
    .string()
    .regex(/^\d+\.\d+(?:\.\d+)?$/, { error: "must be a version like 1.36 or 1.36.3" })
    .meta({ description: what });

const why = z.string().min(1).max(200).meta({ description: "What needs it." });

const workload = (what: string) =>
  z
    .strictObject({ namespace: dnsLabel("Its namespace."), name: objectName("Its name.") })
    .meta({ description: what });

export const prerequisitesSchema = z
  .strictObject({
    kubernetes: z
      .strictObject({ minimum: version("The oldest version that will do.") })
      .meta({ description: "The API server." }),
    argocd: z
      .strictObject({
        namespace: dnsLabel("Where it runs."),
        minimum: version("The oldest version that will do."),
        settings: z
          .array(
            z.strictObject({
              configMap: objectName("A ConfigMap of Argo CD."),
              key: z.string().min(1).max(200).meta({ description: "A key of its data." }),
              value: z.string().max(200).meta({ description: "What it has to say." }),
              why,
            }),
          )
          .meta({ description: "Settings that tenants' safety rests on." }),
      })
      .meta({ description: "Argo CD." }),
    kinds: z
      .array(
        z.strictObject({
          group: hostname("API group."),
          kind: z
            .string()
            .regex(/^[A-Z][A-Za-z]{0,62}$/, { error: "must be a kind like HTTPRoute" })
            .meta({ description: "Kind." }),
          versions: z
            .array(
              z.string().regex(/^v\d+(?:(?:alpha|beta)\d+)?$/, {
                error: "must be a version like v1 or v1alpha1",
              }),
            )
            .min(1)
            .meta({ description: "API versions that have to be served." }),
          bundle: z
            .strictObject({
              annotation: labelKey.meta({ description: "Annotation of the definition." }),
              minimum: version("The oldest version that will do; the annotation may add a v."),
            })
            .meta({ description: "Version of what the definition came with." })
            .optional(),
          why,
        }),
      )
      .min(1)
      .meta({ description: "Custom resources." }),
    storageClasses: z
      .array(
        z.strictObject({
          name: objectName("A StorageClass of the cluster's record."),
          reclaimPolicy: z.enum(["Retain", "Delete"]).meta({ description: "Its policy." }),
        }),
      )
      .meta({ description: "Storage classes, as the cluster's record has them." }),
    controllers: z
      .array(
        workload("A Deployment that has to run.").extend({
          settings: z
            .array(z.string().min(1).max(200))
            .meta({
              description: "How it has to be set up, for people: nothing here can be asked.",
            })
            .optional(),
          why,
        }),
      )
      .meta({ description: "Controllers that act on what tenants have." }),
    policyEngine: z
      .strictObject({
        name: z.string().min(1).max(60).meta({ description: "What people call it." }),
        daemonSet: workload("Its DaemonSet, on every node."),
      })
      .meta({ description: "What enforces NetworkPolicies. Without it they are paper." }),
  })
  .meta({
    title: "NeuralLog prerequisites",
    description: "What a cluster has to have before its platform is applied.",
  });

/** The prerequisites of a cluster as written. */
export type Prerequisites = z.infer<typeof prerequisitesSchema>;
