import { z } from "zod";
import { type Manifest, nameOf } from "./manifest.ts";
import { ManifestError } from "./parse.ts";

const amounts = z.record(z.string(), z.union([z.string(), z.number()])).nullish();

const resources = z.looseObject({ requests: amounts, limits: amounts }).nullish();

const container = z.looseObject({
  name: z.string(),
  resources,
  restartPolicy: z.string().nullish(),
  ports: z
    .array(
      z.looseObject({
        name: z.string().nullish(),
        containerPort: z.int(),
        protocol: z.enum(["TCP", "UDP", "SCTP"]).nullish(),
      }),
    )
    .nullish(),
});

const podSpec = z.looseObject({
  hostNetwork: z.boolean().nullish(),
  terminationGracePeriodSeconds: z.int().nullish(),
  containers: z.array(container).min(1),
  initContainers: z.array(container).nullish(),
  volumes: z.array(z.looseObject({ name: z.string() })).nullish(),
});

const template = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  spec: podSpec,
});

const withTemplate = z.looseObject({ spec: z.looseObject({ template }) });
const cronJob = z.looseObject({ spec: z.looseObject({ jobTemplate: withTemplate }) });
const pod = z.looseObject({ spec: podSpec });

export type Container = z.infer<typeof container>;
export type PodSpec = z.infer<typeof podSpec>;

export interface PodTemplate {
  /** `Deployment log-service`. */
  readonly owner: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  readonly object: Manifest;
}

const TEMPLATED = new Set([
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "ReplicationController",
  "Job",
]);

/** The pods of every workload. Throws ManifestError for one whose template cannot be read. */
export function podTemplates(objects: readonly Manifest[]): PodTemplate[] {
  return objects.flatMap((object) => {
    const found = templateOf(object);
    if (found === undefined) return [];
    return {
      owner: `${object.kind} ${object.name}`,
      namespace: object.namespace ?? "",
      labels: found.labels,
      spec: found.spec,
      object,
    };
  });
}

function templateOf(
  object: Manifest,
): { labels: Readonly<Record<string, string>>; spec: PodSpec } | undefined {
  if (TEMPLATED.has(object.kind)) return parts(read(withTemplate, object).spec.template);
  if (object.kind === "CronJob") {
    return parts(read(cronJob, object).spec.jobTemplate.spec.template);
  }
  if (object.kind === "Pod") return { labels: object.labels, spec: read(pod, object).spec };
  return undefined;
}

function parts(found: z.infer<typeof template>) {
  return { labels: found.metadata?.labels ?? {}, spec: found.spec };
}

function read<T>(schema: z.ZodType<T>, object: Manifest): T {
  const parsed = schema.safeParse(object.body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ManifestError(
    `${nameOf(object)} cannot be read: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}
