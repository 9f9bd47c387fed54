import { creates, on, type Part } from "../attack.ts";
import { ROOT } from "../names.ts";
import { ref } from "../objects.ts";

const path = (backend: object) => ({ path: "/", pathType: "Prefix", backend });
const service = { service: { name: "log-service", port: { number: 8080 } } };
const rule = (host: string | undefined, backend: object = service) => ({
  host,
  http: { paths: [path(backend)] },
});
const own = "alba.logs.cloud.example";
const custom = "alba.example";
const ingress = (spec: object = {}, annotations: object = {}) => ({
  ...ref("networking.k8s.io/v1", "Ingress", "tried", ROOT),
  metadata: {
    name: "tried",
    namespace: ROOT,
    annotations: { "cert-manager.io/cluster-issuer": "letsencrypt", ...annotations },
  },
  spec: {
    ingressClassName: "public",
    rules: [rule(own), rule(custom)],
    tls: [{ hosts: [own, custom], secretName: "tls" }],
    ...spec,
  },
});
const usual = {
  what: "the Ingress of the record, with a host of its own domain",
  by: "argo",
  attempt: creates(ingress()),
} as const;
const tried = (name: string, spec: object, annotations: object = {}): Part => ({
  name,
  by: "argo",
  attempt: creates(ingress(spec, annotations)),
  owner: "rbac",
  twin: usual,
});

export const ingressHosts = on("hosts", [
  tried("an Ingress takes another tenant's host", { rules: [rule("globex.logs.cloud.example")] }),
  tried("a foreign host is an Ingress' second rule", {
    rules: [rule(own), rule("globex.example")],
  }),
  tried("an Ingress without a host, which means all", { rules: [rule(undefined)] }),
  tried("an Ingress asks for a certificate of a foreign host", {
    tls: [
      { hosts: [own], secretName: "a" },
      { hosts: ["globex.example"], secretName: "b" },
    ],
  }),
]);

export const ingressExposure = on("exposure", [
  tried("an Ingress of another class", { ingressClassName: "internal" }),
  tried("an Ingress of no class, which every controller takes", { ingressClassName: undefined }),
  tried("an Ingress answers for every host that has none", { defaultBackend: service }),
  tried("an Ingress leads to what is no Service", {
    rules: [rule(own, { resource: { apiGroup: "x.example", kind: "Bucket", name: "x" } })],
  }),
  tried(
    "an annotation configures the controller that all share",
    {},
    {
      "nginx.org/server-snippets": "return 200 'mine';",
    },
  ),
  tried(
    "an annotation asks another issuer",
    {},
    { "cert-manager.io/cluster-issuer": "internal-ca" },
  ),
]);

const PREFIX = "neurallog/alba/";
const GLOBEX = "neurallog/globex/redis";
const secret = (spec: object = {}) => ({
  ...ref("external-secrets.io/v1", "ExternalSecret", "tried", ROOT),
  spec: {
    secretStoreRef: { kind: "SecretStore", name: "tenant" },
    target: { name: "tried" },
    dataFrom: [{ extract: { key: `${PREFIX}redis` } }],
    ...spec,
  },
});
const entry = (key: string, more: object = {}) => ({
  secretKey: "x",
  remoteRef: { key, property: "x" },
  ...more,
});
const read = (name: string, spec: object): Part => ({
  name,
  by: "argo",
  attempt: creates(secret(spec)),
  owner: "rbac",
  twin: {
    what: "secrets below the tenant's prefix",
    by: "argo",
    attempt: creates(secret({ data: [entry(`${PREFIX}a`), entry(`${PREFIX}web/b`)] })),
  },
});

const account = { name: "external-secrets" };
const login = { mountPath: "kubernetes", role: "neurallog-alba", serviceAccountRef: account };
const vault = {
  server: "https://vault.cloud.example:8200",
  path: "kv",
  version: "v2",
  auth: { kubernetes: login },
};
const store = (provider: object) => ({
  ...ref("external-secrets.io/v1", "SecretStore", "tried", ROOT),
  spec: { provider },
});
const stored = (name: string, provider: object): Part => ({
  name,
  by: "argo",
  attempt: creates(store(provider)),
  owner: "rbac",
  twin: { what: "the tenant's own", by: "argo", attempt: creates(store({ vault })) },
});
const logsIn = (name: string, more: object): Part =>
  stored(name, { vault: { ...vault, auth: { kubernetes: { ...login, ...more } } } });

export const secretStores = on("secret-stores", [
  read("an ExternalSecret reads another tenant's secret", {
    dataFrom: [{ extract: { key: GLOBEX } }],
  }),
  read("another tenant's secret stands behind an own one", {
    data: [entry(`${PREFIX}redis`), entry(GLOBEX)],
  }),
  read("a key climbs out of the tenant's prefix", {
    dataFrom: [{ extract: { key: `${PREFIX}../globex/redis` } }],
  }),
  read("a tenant whose name only begins alike", {
    dataFrom: [{ extract: { key: "neurallog/alba-two/redis" } }],
  }),
  read("an ExternalSecret asks a ClusterSecretStore", {
    secretStoreRef: { kind: "ClusterSecretStore", name: "all" },
  }),
  read("one entry asks a ClusterSecretStore", {
    data: [
      entry(`${PREFIX}a`, { sourceRef: { storeRef: { kind: "ClusterSecretStore", name: "all" } } }),
    ],
  }),
  read("an ExternalSecret searches for secrets", {
    dataFrom: [{ find: { path: "neurallog", name: { regexp: ".*" } } }],
  }),
  read("an ExternalSecret asks a generator", {
    dataFrom: [
      {
        sourceRef: {
          generatorRef: {
            apiVersion: "generators.external-secrets.io/v1alpha1",
            kind: "VaultDynamicSecret",
            name: "x",
          },
        },
      },
    ],
  }),
  read("an ExternalSecret has the operator write what its author likes", {
    target: { name: "tried", template: { type: "kubernetes.io/service-account-token" } },
  }),
  read("an ExternalSecret has the operator make another kind of object", {
    target: { name: "tried", manifest: { apiVersion: "v1", kind: "ConfigMap" } },
  }),
  logsIn("a SecretStore logs in as another tenant", { role: "neurallog-globex" }),
  logsIn("a SecretStore logs in by another service account", {
    serviceAccountRef: { name: "default" },
  }),
  logsIn("a SecretStore logs in with a token for another audience", {
    serviceAccountRef: { ...account, audiences: ["https://kubernetes.default.svc"] },
  }),
  logsIn("a SecretStore logs in by another namespace's service account", {
    serviceAccountRef: { ...account, namespace: "tenant-globex" },
  }),
  logsIn("a SecretStore logs in at another door of the vault", { mountPath: "admin" }),
  logsIn("a SecretStore logs in by a token in a Secret", { secretRef: { name: "x", key: "x" } }),
  stored("a SecretStore reads another engine of the vault", { vault: { ...vault, path: "root" } }),
  stored("a SecretStore reads another namespace of the vault", {
    vault: { ...vault, namespace: "admin" },
  }),
  stored("a SecretStore sends the tenant's token elsewhere", {
    vault: { ...vault, server: "https://vault.evil.example" },
  }),
  stored("a SecretStore logs in by a token that somebody wrote down", {
    vault: { ...vault, auth: { tokenSecretRef: { name: "x", key: "x" } } },
  }),
  stored("a SecretStore reads the cluster's own secrets", {
    kubernetes: { remoteNamespace: "kube-system", auth: { serviceAccount: account } },
  }),
]);
