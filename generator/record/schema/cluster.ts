import { z } from "zod";
import { MAX_DATABASE_PATTERN, MAX_PEM } from "../../limits.ts";
import {
  bytes,
  cidrText,
  cpu,
  dnsLabel,
  durationText,
  hostname,
  labelKey,
  labelMap,
  labelValue,
  objectName,
  port,
} from "./scalars.ts";

/** What people write in `overlays/<cluster>/cluster.yaml`: what the cluster offers to tenants. */

const pods = (what: string) =>
  z
    .strictObject({
      namespace: dnsLabel("The namespace."),
      podLabels: labelMap("Labels of the pods.").refine(
        (labels) => Object.keys(labels).length > 0,
        {
          error: "must name at least one label: none would mean every pod",
        },
      ),
    })
    .meta({ description: what });

const digest = (what: string) =>
  z
    .string()
    .max(500)
    .regex(/^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)+(?::[\w.-]{1,128})?@sha256:[0-9a-f]{64}$/, {
      error: "must be an image with its digest: registry/name:tag@sha256:…",
    })
    .meta({ description: what });

/**
 * The archive's base keeps files of this major version in a folder of its name, and runs as the user that Debian's
 * image has: Alpine's has other numbers, and orders text by another library.
 */
const POSTGRES_TAG = /:18(?:\.\d+)?(?:-(?!alpine)[a-z][a-z0-9.-]*)?@/;

const channel = z.strictObject({
  release: dnsLabel("A folder under bases/: next, or a frozen release."),
  images: z
    .strictObject({
      logService: digest("The log service, also in its mcp role."),
      redis: digest("Redis or Valkey."),
      redisExporter: digest("The exporter of Redis' metrics."),
      postgres: digest(
        "PostgreSQL 18 on Debian, of tenants' own archives; without it there are none.",
      )
        .regex(POSTGRES_TAG, {
          error: "must be PostgreSQL 18 on Debian by its tag, like postgres:18.4@sha256:…",
        })
        .optional(),
    })
    .meta({ description: "Images, by digest." }),
});

const gateway = z
  .strictObject({
    name: objectName("Name of the Gateway."),
    namespace: dnsLabel("Its namespace."),
    listener: dnsLabel("Section name of its HTTPS listener."),
    certificate: z
      .array(
        z.string().regex(/^\*\.(?:[a-z0-9-]+\.)+[a-z0-9-]+$/, {
          error: "must be a wildcard like *.logs.example.com",
        }),
      )
      .min(1)
      .meta({
        description: "Wildcard names of the listener's certificate: hosts must fit one of them.",
      }),
    controller: pods(
      "The gateway's data plane: the only pods that may reach log services from outside.",
    ),
  })
  .meta({ description: "Gateway API: tenants get an HTTPRoute." });

const ingress = z
  .strictObject({
    class: objectName("The IngressClass."),
    issuer: objectName(
      "cert-manager's ClusterIssuer, which makes a certificate for each tenant's hosts.",
    ),
    controller: pods(
      "The ingress controller: the only pods that may reach log services from outside.",
    ),
  })
  .meta({ description: "Ingress: tenants get an Ingress." });

/** Where tenants' archives are, if not each in a PostgreSQL of its tenant's own. */
const archive = z
  .strictObject({
    external: z
      .strictObject({
        host: hostname("DNS name of the PostgreSQL server."),
        port: port("Its port; 5432 when left out.").optional(),
        database: z
          .string()
          .max(MAX_DATABASE_PATTERN)
          .regex(/^[a-z_][a-z0-9_]*\{tenant\}[a-z0-9_]*$/, {
            error: "must be like neurallog_{tenant}, in lower-case letters, digits and _",
          })
          .meta({
            description:
              "Name of each tenant's database: {tenant} is its id, with _ for -. Users are <database>_owner, _writer and _reader.",
          }),
        authority: z
          .string()
          .max(MAX_PEM)
          .regex(
            /^(?:-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n)+$/,
            {
              error: "must be certificates in PEM, one after the other, and nothing else",
            },
          )
          .meta({
            description:
              "Certificate, in PEM, of who signed the server's: the way there is encrypted, and the server is checked.",
          })
          .optional(),
        tls: z
          .literal(false)
          .meta({
            description:
              "false: nothing is encrypted on the way, passwords' proofs and logs can be read there. Instead of authority.",
          })
          .optional(),
        egress: z
          .strictObject({
            cidr: cidrText("Its addresses. No rule of a tenant opens them.").optional(),
            pods: pods("Its pods, where it runs in the cluster.").optional(),
          })
          .refine((value) => (value.cidr === undefined) !== (value.pods === undefined), {
            error: "must have either cidr or pods",
          })
          .meta({ description: "The way there, and the only one: either cidr or pods." }),
      })
      .refine(({ authority, tls }) => (authority === undefined) !== (tls === undefined), {
        error:
          "must have authority, the certificate in PEM of who signed the server's; or tls: false, where nothing has to be encrypted",
      })
      .meta({ description: "One server with a database for each tenant." }),
  })
  .meta({
    description: "Archives on this cluster; a PostgreSQL of each tenant's own when left out.",
  });

export const clusterSchema = z
  .strictObject({
    name: dnsLabel("Equals the folder's name."),
    kubernetes: z
      .enum(["1.34", "1.35", "1.36", "1.37"])
      .meta({ description: "Kubernetes version; manifests are checked against its schemas." }),
    argocd: z.enum(["3.4", "3.5"]).meta({
      description: "Argo CD version; both bundle kustomize 5.8.1, which renders the overlays.",
    }),
    storageClasses: z
      .array(
        z.strictObject({
          name: objectName("Name of the StorageClass."),
          reclaimPolicy: z
            .enum(["Retain", "Delete"])
            .meta({ description: "Tenants may use classes with Retain only." }),
          expandable: z.boolean().meta({ description: "Whether volumes may grow." }),
          default: z.boolean().meta({ description: "For tenants that name none." }).optional(),
        }),
      )
      .meta({ description: "Storage classes." }),
    exposure: z
      .strictObject({ gateway: gateway.optional(), ingress: ingress.optional() })
      .refine((value) => (value.gateway === undefined) !== (value.ingress === undefined), {
        error: "must have either gateway or ingress",
      })
      .meta({ description: "How tenants' hosts are reached from outside: exactly one way." }),
    dns: z
      .strictObject({
        suffix: hostname("Tenants' hosts end in it."),
        customHosts: z
          .boolean()
          .meta({
            description:
              "Whether tenants may name hosts outside the suffix. Needs ingress: an issuer.",
          })
          .optional(),
        resolver: pods(
          "The cluster's DNS; kube-system with k8s-app: kube-dns when left out.",
        ).optional(),
        nodeLocal: z
          .boolean()
          .meta({ description: "Whether node-local DNS answers on 169.254.20.10." })
          .optional(),
        resolverCidrs: z
          .array(cidrText("An address range."))
          .meta({
            description:
              "Further addresses that answer DNS, like the kube-dns address or 169.254.169.254/32.",
          })
          .optional(),
      })
      .meta({ description: "Names, and who resolves them." }),
    secrets: z
      .strictObject({
        provider: z.enum(["manual", "external-secrets"]).meta({
          description:
            "manual: a person applies `npm run secrets`. external-secrets: External Secrets fetches them.",
        }),
        vault: z
          .strictObject({
            server: z
              .string()
              .regex(/^https:\/\/[a-z0-9.-]+(?::\d+)?$/, { error: "must be https://host[:port]" })
              .meta({ description: "Address of Vault." }),
            path: z
              .string()
              .regex(/^[a-z0-9][a-z0-9/_-]*$/, { error: "must be a mount path like kv" })
              .meta({ description: "Mount path of the key-value engine, version 2." }),
            prefix: z
              .string()
              .regex(/^[a-z0-9][a-z0-9/_-]*$/, { error: "must be a path like neurallog" })
              .meta({
                description:
                  "Secrets are at <prefix>/<tenant>/…; each tenant's role reads only there.",
              }),
            auth: z
              .string()
              .regex(/^[a-z0-9][a-z0-9/_-]*$/, { error: "must be a mount path like kubernetes" })
              .meta({ description: "Mount path of Vault's Kubernetes authentication." }),
            rolePrefix: dnsLabel("A tenant's role in Vault is <rolePrefix>-<tenant>.", 20),
          })
          .meta({ description: "Vault behind External Secrets." })
          .optional(),
        refresh: durationText(
          "How often External Secrets looks for changes; 1h when left out.",
        ).optional(),
      })
      .refine((value) => (value.provider === "external-secrets") === (value.vault !== undefined), {
        error: "must have vault with provider external-secrets, and only then",
      })
      .refine((value) => value.refresh === undefined || value.provider === "external-secrets", {
        error: "refresh has an effect with provider external-secrets only",
      })
      .meta({ description: "Where secrets come from." }),
    network: z
      .strictObject({
        nodeCidrs: z
          .array(cidrText("Addresses of nodes."))
          .min(1)
          .meta({ description: "Addresses of nodes." }),
        podCidrs: z
          .array(cidrText("Addresses of pods."))
          .min(1)
          .meta({ description: "Addresses of pods." }),
        serviceCidrs: z
          .array(cidrText("Addresses of Services."))
          .min(1)
          .meta({ description: "Addresses of Services." }),
        metadataCidrs: z
          .array(cidrText("Metadata services of the cloud."))
          .meta({ description: "Metadata services of the cloud; 169.254.0.0/16 is always closed." })
          .optional(),
        sharedNamespaces: z
          .array(dnsLabel("A namespace."))
          .meta({ description: "Namespaces that tenants' custom rules may name." })
          .optional(),
      })
      .meta({ description: "Addresses that no rule of a tenant may cover." }),
    imagePullSecrets: z
      .array(objectName("Name of a Secret."))
      .meta({ description: "Pull secrets in every namespace of a tenant." })
      .optional(),
    placement: z
      .strictObject({
        tolerations: z
          .record(
            z.string(),
            z
              .strictObject({
                key: labelKey.meta({ description: "Key of the nodes' taint." }),
                operator: z
                  .enum(["Equal", "Exists"])
                  .meta({ description: "Whether the taint's value has to be equal." }),
                value: labelValue.meta({ description: "The taint's value." }).optional(),
                effect: z
                  .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
                  .meta({ description: "The taint's effect." }),
              })
              .refine(({ operator, value }) => (operator === "Equal") === (value !== undefined), {
                error: "must have a value with operator Equal, and only then",
              }),
          )
          .meta({ description: "Tolerations by name, which tenants may ask for." })
          .optional(),
        priorityClasses: z
          .array(
            objectName("A PriorityClass.").refine((name) => !name.startsWith("system-"), {
              error: "must not be one of the system's: tenants could evict the cluster's own pods",
            }),
          )
          .meta({ description: "Priority classes that tenants may ask for." })
          .optional(),
      })
      .meta({ description: "What tenants may ask for in placement." })
      .optional(),
    redis: z
      .strictObject({
        modes: z
          .array(z.enum(["standalone", "external"]))
          .min(1)
          .meta({ description: "Modes that tenants may use; the first is the default." }),
        externalCidrs: z
          .array(cidrText("An address range."))
          .min(1)
          .meta({
            description:
              "Where managed Redis are. Each tenant has a part of its own; no rule opens any of it.",
          })
          .optional(),
      })
      .refine(
        ({ modes, externalCidrs }) => modes.includes("external") === (externalCidrs !== undefined),
        {
          error: "must have externalCidrs with mode external, and only then",
        },
      )
      .meta({ description: "Redis on this cluster." }),
    archive: archive.optional(),
    verticalPodAutoscaler: z
      .boolean()
      .meta({ description: "Whether the VerticalPodAutoscaler is installed." }),
    monitoring: pods("Prometheus: the only pods that may scrape tenants."),
    capacity: z
      .strictObject({
        cpu: cpu("CPU for all tenants together."),
        memory: bytes("Memory for all tenants together."),
        storage: bytes("Storage for all tenants together."),
        pods: z.int().min(1).meta({ description: "Pods for all tenants together." }),
      })
      .meta({ description: "The sum of all tenants' quotas must fit." }),
    channels: z
      .strictObject({
        stable: channel.meta({ description: "What most tenants run." }),
        canary: channel.meta({ description: "What canary tenants run, first." }),
      })
      .meta({ description: "Release of the bases and images of each channel." }),
  })
  .meta({ title: "NeuralLog cluster", description: "What a cluster offers." });

/** A cluster's record as written. */
export type ClusterRecord = z.infer<typeof clusterSchema>;

/** A channel's images by name, without those that it leaves out. */
export const channelImages = ({
  images,
}: ClusterRecord["channels"]["stable"]): [name: string, image: string][] =>
  Object.entries(images).flatMap(([name, image]) =>
    image === undefined ? [] : [[name, image] satisfies [string, string]],
  );
