import { z } from "zod";
import { type Manifest, nameOf, ofKind } from "./manifest.ts";
import { type RawPolicy, toRawPolicy } from "./network-policy.ts";
import { ManifestError } from "./parse.ts";
import { podTemplates } from "./workloads.ts";

/** Everything in a rendered overlay that decides who can talk to whom. Plain data, so a cache can keep it. */
export interface Network {
  readonly namespaces: readonly NetworkNamespace[];
  readonly policies: readonly RawPolicy[];
  readonly pods: readonly NetworkPod[];
  readonly services: readonly NetworkService[];
  readonly routes: readonly NetworkRoute[];
}

export interface NetworkNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface NetworkPod {
  readonly namespace: string;
  /** `Deployment log-service`. */
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  readonly ports: readonly {
    name: string | null;
    protocol: "TCP" | "UDP" | "SCTP";
    port: number;
  }[];
}

export interface NetworkService {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  /** Addresses outside the pod network that the Service answers on. */
  readonly externalIPs: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly {
    port: number;
    target: number | string;
    protocol: "TCP" | "UDP" | "SCTP";
  }[];
}

/** An HTTPRoute or an Ingress: hosts, and the Services behind them. */
export interface NetworkRoute {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly hosts: readonly string[];
  readonly backends: readonly {
    namespace: string;
    service: string;
    port: number | string | null;
  }[];
}

const protocol = z.enum(["TCP", "UDP", "SCTP"]);
const text = z.record(z.string(), z.string());

const service = z.looseObject({
  type: z.string().nullish(),
  externalIPs: z.array(z.string()).nullish(),
  selector: text.nullish(),
  ports: z
    .array(
      z.looseObject({
        port: z.int(),
        targetPort: z.union([z.int(), z.string()]).nullish(),
        protocol: protocol.nullish(),
      }),
    )
    .nullish(),
});

const httpRoute = z.looseObject({
  hostnames: z.array(z.string()).nullish(),
  rules: z
    .array(
      z.looseObject({
        backendRefs: z
          .array(
            z.looseObject({
              name: z.string(),
              namespace: z.string().nullish(),
              port: z.int().nullish(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});

const ingressBackend = z.looseObject({
  service: z
    .looseObject({
      name: z.string(),
      port: z.looseObject({ number: z.int().nullish(), name: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

const ingress = z.looseObject({
  defaultBackend: ingressBackend.nullish(),
  rules: z
    .array(
      z.looseObject({
        host: z.string().nullish(),
        http: z
          .looseObject({ paths: z.array(z.looseObject({ backend: ingressBackend })) })
          .nullish(),
      }),
    )
    .nullish(),
});

/** Throws ManifestError for an object whose part in the network cannot be read. */
export function networkOf(objects: readonly Manifest[]): Network {
  return {
    namespaces: ofKind(objects, "Namespace").map(({ name, labels }) => ({ name, labels })),
    policies: ofKind(objects, "NetworkPolicy").map(toRawPolicy),
    pods: podTemplates(objects).map(({ owner, namespace, labels, spec }) => ({
      namespace,
      owner,
      labels,
      hostNetwork: spec.hostNetwork ?? false,
      ports: [...spec.containers, ...(spec.initContainers ?? [])].flatMap((container) =>
        (container.ports ?? []).map((port) => ({
          name: port.name ?? null,
          protocol: port.protocol ?? "TCP",
          port: port.containerPort,
        })),
      ),
    })),
    services: ofKind(objects, "Service").map(toService),
    routes: [
      ...ofKind(objects, "HTTPRoute").map(toHttpRoute),
      ...ofKind(objects, "Ingress").map(toIngress),
    ],
  };
}

function read<T>(schema: z.ZodType<T>, object: Manifest): T {
  const parsed = schema.safeParse(object.body["spec"] ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ManifestError(
    `${nameOf(object)} cannot be read: spec.${issue?.path.join(".")}: ${issue?.message}`,
  );
}

function toService(object: Manifest): NetworkService {
  const spec = read(service, object);
  return {
    namespace: object.namespace ?? "",
    name: object.name,
    type: spec.type ?? "ClusterIP",
    externalIPs: spec.externalIPs ?? [],
    selector: spec.selector ?? {},
    ports: (spec.ports ?? []).map(({ port, targetPort, protocol }) => ({
      port,
      target: targetPort ?? port,
      protocol: protocol ?? "TCP",
    })),
  };
}

function toHttpRoute(object: Manifest): NetworkRoute {
  const spec = read(httpRoute, object);
  const namespace = object.namespace ?? "";
  return {
    namespace,
    name: object.name,
    kind: object.kind,
    hosts: spec.hostnames ?? [],
    backends: (spec.rules ?? []).flatMap(({ backendRefs }) =>
      (backendRefs ?? []).map((ref) => ({
        namespace: ref.namespace ?? namespace,
        service: ref.name,
        port: ref.port ?? null,
      })),
    ),
  };
}

function toIngress(object: Manifest): NetworkRoute {
  const spec = read(ingress, object);
  const namespace = object.namespace ?? "";
  const rules = spec.rules ?? [];
  const backends = rules.flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend));
  if (spec.defaultBackend) backends.push(spec.defaultBackend);
  return {
    namespace,
    name: object.name,
    kind: object.kind,
    hosts: rules.map(({ host }) => host ?? "*"),
    backends: backends.flatMap(({ service }) =>
      service
        ? {
            namespace,
            service: service.name,
            port: service.port?.number ?? service.port?.name ?? null,
          }
        : [],
    ),
  };
}
