import { creates, merges, on, type Part } from "../attack.ts";
import type { Manifest } from "../../support/api.ts";
import { BARE, ROOT, WEB } from "../names.ts";
import { ref } from "../objects.ts";

const service = (spec: object, namespace = WEB) => ({
  ...ref("v1", "Service", "tried", namespace),
  spec: { ports: [{ port: 80 }], selector: { app: "x" }, ...spec },
});
const inside = {
  what: "a ClusterIP Service of the organization's pods",
  by: "owner",
  attempt: creates(service({})),
} as const;
const insideBare = {
  what: "a ClusterIP Service",
  by: "argo",
  attempt: creates(service({}, BARE)),
} as const;

export const services = on("services", [
  // The quota of services.nodeports stops these two as well, where it is there.
  {
    name: "a Service opens a port on every node",
    attempt: creates(service({ type: "NodePort" }, BARE)),
    owner: "rbac",
    twin: insideBare,
  },
  {
    name: "a Service asks for a load balancer",
    attempt: creates(service({ type: "LoadBalancer" }, BARE)),
    owner: "rbac",
    twin: insideBare,
  },
  {
    name: "a Service takes over somebody else's address",
    attempt: creates(service({ externalIPs: ["192.0.2.1"] })),
    owner: "policy",
    twin: inside,
  },
  {
    name: "a Service that is there takes over somebody else's address",
    by: "argo",
    attempt: merges(ref("v1", "Service", "log-service", ROOT), {
      spec: { externalIPs: ["192.0.2.1"] },
    }),
    owner: "rbac",
    twin: insideBare,
  },
  {
    name: "a Service stands for a name outside the tenant",
    attempt: creates(
      service({ type: "ExternalName", externalName: `redis.${ROOT}.svc`, selector: null }),
    ),
    owner: "policy",
    twin: inside,
  },
  {
    name: "a Service without a selector, to lead where its author says",
    attempt: creates(service({ selector: null })),
    owner: "policy",
    twin: inside,
  },
]);

const slice = (more: object = {}) => ({
  ...ref("discovery.k8s.io/v1", "EndpointSlice", "tried", WEB),
  addressType: "IPv4",
  endpoints: [{ addresses: ["10.1.2.3"] }],
  ports: [{ port: 6379 }],
  ...more,
});
const byKubernetes = {
  what: "by Kubernetes, from a Service's selector",
  by: "endpointSliceController",
  attempt: creates(slice()),
} as const;

export const endpoints = on("endpoints", [
  {
    name: "an EndpointSlice leads to any address",
    attempt: creates(slice()),
    owner: "rbac",
    twin: byKubernetes,
  },
  {
    name: "a commit brings an EndpointSlice",
    by: "argo",
    attempt: creates(slice()),
    owner: "rbac",
    twin: byKubernetes,
  },
  {
    name: "Endpoints lead to any address",
    attempt: creates({
      ...ref("v1", "Endpoints", "tried", WEB),
      subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ port: 6379 }] }],
    }),
    owner: "rbac",
    twin: byKubernetes,
  },
]);

const GATEWAY = "gateway.networking.k8s.io/v1";
const parent = { name: "neurallog", namespace: "neurallog-ingress", sectionName: "https" };
const backendRefs = [{ name: "log-service", port: 8080 }];
const route = (more: object = {}) => ({
  ...ref(GATEWAY, "HTTPRoute", "tried", ROOT),
  spec: {
    parentRefs: [parent],
    hostnames: ["alba.logs.home.example"],
    rules: [{ backendRefs }],
    ...more,
  },
});
const listeners = (listener: object = {}, more: object = {}) => ({
  ...ref(GATEWAY, "ListenerSet", "tried", ROOT),
  spec: {
    parentRef: { name: "neurallog", namespace: "neurallog-ingress" },
    listeners: [
      {
        name: "https",
        port: 443,
        protocol: "HTTPS",
        hostname: "app.alba.logs.home.example",
        tls: { certificateRefs: [{ name: "app" }] },
        ...listener,
      },
    ],
    ...more,
  },
});
const certificate = (more: object = {}) => ({
  ...ref("cert-manager.io/v1", "Certificate", "tried", ROOT),
  spec: {
    secretName: "tried",
    dnsNames: ["alba.logs.home.example"],
    issuerRef: { kind: "ClusterIssuer", name: "letsencrypt" },
    ...more,
  },
});

const tried = (name: string, made: Manifest, what: string, twin: Manifest): Part => ({
  name,
  by: "argo",
  attempt: creates(made),
  owner: "rbac",
  twin: { what, by: "argo", attempt: creates(twin) },
});
const hosts = (name: string, ...hostnames: string[]): Part =>
  tried(
    name,
    route({ hostnames }),
    "the hosts of the record",
    route({
      hostnames: ["alba.logs.home.example", "shop.logs.home.example", "app.alba.logs.home.example"],
    }),
  );
const certified = (name: string, more: object): Part => ({
  name,
  by: "certManager",
  attempt: creates(certificate(more)),
  owner: "rbac",
  twin: { what: "for a host of its own", by: "certManager", attempt: creates(certificate()) },
});

export const hostnames = on("hosts", [
  hosts("a commit takes another tenant's host", "globex.logs.home.example"),
  hosts(
    "a foreign host stands behind an own one",
    "alba.logs.home.example",
    "globex.logs.home.example",
  ),
  hosts("a commit takes the whole suffix", "*.logs.home.example"),
  hosts("a commit takes a host outside the suffix, where no custom hosts are", "alba.example"),
  hosts("a host that only ends like the tenant's", "evilalba.logs.home.example"),
  tried(
    "a route without hosts, which means all",
    route({ hostnames: [] }),
    "with its host",
    route(),
  ),
  {
    name: "the route that is there is changed to another tenant's host",
    by: "argo",
    attempt: merges(ref(GATEWAY, "HTTPRoute", "log-service", ROOT), {
      spec: { hostnames: ["globex.logs.home.example"] },
    }),
    owner: "rbac",
    twin: {
      what: "to another of its own",
      by: "argo",
      attempt: merges(ref(GATEWAY, "HTTPRoute", "log-service", ROOT), {
        spec: { hostnames: ["shop.logs.home.example"] },
      }),
    },
  },
  tried(
    "a listener for another tenant's host",
    listeners({ hostname: "globex.logs.home.example" }),
    "for an own one",
    listeners(),
  ),
  tried(
    "a listener without a host, which means all",
    listeners({ hostname: undefined }),
    "for an own one",
    listeners(),
  ),
  certified("a certificate for another tenant's host", { dnsNames: ["globex.logs.home.example"] }),
  certified("a foreign host is a certificate's second", {
    dnsNames: ["alba.logs.home.example", "globex.logs.home.example"],
  }),
  certified("a foreign host is a certificate's common name", {
    commonName: "globex.logs.home.example",
  }),
]);

const other = (name: string, more: object): Part =>
  tried(name, route(more), "the usual route", route());
const mirror = (backendRef: object) => ({ type: "RequestMirror", requestMirror: { backendRef } });
const foreign = { name: "redis", port: 6379, namespace: "tenant-globex" };

export const exposure = on("exposure", [
  other("a route hangs on another Gateway", {
    parentRefs: [{ ...parent, namespace: "kube-system" }],
  }),
  other("another Gateway stands behind the cluster's", {
    parentRefs: [parent, { ...parent, name: "internal" }],
  }),
  other("a route hangs on another listener", { parentRefs: [{ ...parent, sectionName: "admin" }] }),
  other("a route hangs on a Service of the mesh", {
    parentRefs: [{ group: "", kind: "Service", name: "redis", namespace: "tenant-globex" }],
  }),
  other("a route leads to another tenant's Service", { rules: [{ backendRefs: [foreign] }] }),
  other("a second rule leads to another tenant's Service", {
    rules: [{ backendRefs }, { backendRefs: [...backendRefs, foreign] }],
  }),
  other("a route mirrors its requests to another tenant", {
    rules: [{ backendRefs, filters: [mirror(foreign)] }],
  }),
  other("a filter that only one controller knows", {
    rules: [
      {
        backendRefs,
        filters: [
          {
            type: "ExtensionRef",
            extensionRef: { group: "gateway.envoyproxy.io", kind: "HTTPRouteFilter", name: "x" },
          },
        ],
      },
    ],
  }),
  other("a filter hides at a backend", {
    rules: [{ backendRefs: [{ ...backendRefs[0], filters: [mirror(foreign)] }] }],
  }),
  tried(
    "a listener lets in routes of every namespace",
    listeners({ allowedRoutes: { namespaces: { from: "All" } } }),
    "of its own namespace",
    listeners({ allowedRoutes: { namespaces: { from: "Same" } } }),
  ),
  tried(
    "a listener shows another tenant's certificate",
    listeners({ tls: { certificateRefs: [{ name: "x", namespace: "tenant-globex" }] } }),
    "its own",
    listeners(),
  ),
  tried(
    "a listener hangs on another Gateway",
    listeners({}, { parentRef: { name: "internal", namespace: "kube-system" } }),
    "on the cluster's",
    listeners(),
  ),
  certified("a certificate of another issuer", {
    issuerRef: { kind: "ClusterIssuer", name: "internal-ca" },
  }),
  certified("a certificate of an issuer that the tenant made", {
    issuerRef: { kind: "Issuer", name: "letsencrypt" },
  }),
  certified("a certificate that may sign others", { isCA: true }),
  certified("a certificate for an address", { ipAddresses: ["10.96.0.1"] }),
  certified("a certificate for an identity of the mesh", {
    uris: ["spiffe://cluster.local/ns/tenant-globex/sa/default"],
  }),
]);

const claim = (spec: object) => ({
  ...ref("v1", "PersistentVolumeClaim", "tried", WEB),
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "local-retain",
    resources: { requests: { storage: "1Mi" } },
    ...spec,
  },
});
const claimed = (name: string, spec: object): Part => ({
  name,
  attempt: creates(claim(spec)),
  owner: "policy",
  twin: { what: "a claim of a class that retains", by: "owner", attempt: creates(claim({})) },
});

export const volumes = on("volumes", [
  claimed("a claim of a class that deletes its volumes", { storageClassName: "local-scratch" }),
  claimed("a claim without a class", { storageClassName: "" }),
  claimed("a claim takes another tenant's kept volume by its name", { volumeName: "data-globex" }),
  claimed("a claim takes another tenant's kept volume by its labels", {
    selector: { matchLabels: { tenant: "globex" } },
  }),
]);
