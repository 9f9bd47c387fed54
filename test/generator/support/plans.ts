import type { Plan } from "../../../generator/plan/plan.ts";

const digest = "0".repeat(64);
const amounts = { cpu: "100m", memory: "128Mi" };
const resources = { requests: amounts, limits: { cpu: "1", memory: "256Mi" } };
const quota = {
  requests: { cpu: "4", memory: "8Gi" },
  limits: { cpu: "8", memory: "16Gi" },
  pods: 20,
  storage: "20Gi",
  claims: 2,
  services: 5,
};
const limitRange = { default: amounts, defaultRequest: amounts, max: { cpu: "2", memory: "2Gi" } };

/** A plan with something in every place, on a cluster with a Gateway and secrets that people apply. */
export function samplePlan(): Plan {
  const common = { displayName: "Acme Shop", closed: false, quota, limitRange };
  return {
    id: "acme",
    displayName: "Acme Shop",
    contact: "logs@acme.example",
    group: "acme-platform",
    tier: "small",
    channel: "stable",
    release: "next",
    state: "active",
    retireAfter: null,
    labels: { team: "shop" },
    cluster: {
      name: "home",
      kubernetes: "1.36",
      argocd: "3.5",
      exposure: {
        kind: "gateway",
        gateway: { name: "public", namespace: "neurallog-ingress", listener: "https" },
        controller: { namespace: "neurallog-ingress", podLabels: { app: "gateway" } },
      },
      dns: {
        resolver: { namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" } },
        cidrs: ["169.254.20.10/32"],
      },
      monitoring: { namespace: "neurallog-monitoring", podLabels: { app: "prometheus" } },
      protectedCidrs: [],
      podCidrs: ["10.244.0.0/16"],
      imagePullSecrets: ["registry"],
      secretsProvider: "manual",
    },
    placement: {
      nodeSelector: { disk: "ssd" },
      tolerations: [
        { key: "logs", operator: "Equal", value: "yes", effect: "NoSchedule" },
        { key: "spot", operator: "Exists", value: null, effect: "NoExecute" },
      ],
      priorityClassName: "tenant-standard",
    },
    namespaces: [
      {
        ...common,
        role: "root",
        name: "tenant-acme",
        group: "acme-platform",
        rules: [
          {
            name: "to-billing",
            direction: "egress",
            podLabels: { "app.kubernetes.io/name": "log-service" },
            peers: [{ kind: "ipBlock", cidr: "198.51.100.0/24", except: ["198.51.100.7/32"] }],
            ports: [{ port: 443, endPort: 445, protocol: "TCP" }],
          },
        ],
      },
      {
        ...common,
        role: "organization",
        organization: "web",
        name: "tenant-acme-org-web",
        group: "acme-web",
        callsApi: true,
        mcpNamespace: "tenant-acme-org-web-mcp",
        rules: [
          {
            name: "from-gateway",
            direction: "ingress",
            podLabels: {},
            peers: [{ kind: "namespace", namespace: "neurallog-ingress" }],
            ports: [{ port: 3000, endPort: null, protocol: "TCP" }],
          },
        ],
      },
      {
        ...common,
        role: "mcp",
        organization: "web",
        name: "tenant-acme-org-web-mcp",
        group: "acme-web",
        organizationNamespace: "tenant-acme-org-web",
        replicas: 1,
        resources,
        keyName: "mcp-web",
        rules: [],
      },
    ],
    redis: {
      mode: "standalone",
      image: `docker.io/valkey/valkey:8.1-alpine@sha256:${digest}`,
      exporterImage: `docker.io/oliver006/redis_exporter:v1.90.0@sha256:${digest}`,
      resources,
      exporterResources: resources,
      maxmemoryBytes: 120_795_955,
      durability: "always",
      storage: { size: "5Gi", class: "local-retain" },
      loadSeconds: 60,
    },
    archive: {
      database: {
        mode: "own",
        image: `docker.io/library/postgres:18.6@sha256:${digest}`,
        resources,
        sizes: {
          sharedBuffersBytes: 67_108_864,
          cacheBytes: 161_061_273,
          workBytes: 1_342_177,
          maintenanceBytes: 13_421_772,
          walBytes: 268_435_456,
          connections: 80,
          parallelWorkers: 0,
        },
        storage: { size: "5Gi", class: "local-retain" },
        startSeconds: 86,
      },
      retentionSeconds: 604_800,
      // `on` would be one of the words that hostile texts are found by.
      fullText: false,
      buffer: { records: 100_000, bytes: 50_000_000 },
    },
    logService: {
      image: `ghcr.io/neurallog/log-service@sha256:${digest}`,
      running: true,
      replicas: { min: 2, max: 4 },
      resources,
      cpuUtilization: 70,
      recommendations: true,
      namespaces: { enabled: true, default: "default", lanes: 2 },
      retention: {
        ageSeconds: 604_800,
        bytes: 90_000_000,
        watermarkPercent: 85,
        namespaces: {
          payments: { ageSeconds: 86_400, bytes: null },
          debug: { ageSeconds: null, bytes: 2_000_000 },
        },
      },
      rateLimits: { recordsPerSecond: 5000, bytesPerSecond: 5_242_880 },
      drainSeconds: 30,
      hosts: ["acme.logs.home.example"],
      heapMebibytes: 192,
      redaction: {
        fields: ["password"],
        presets: ["card-numbers"],
        patterns: [{ name: "tickets", pattern: String.raw`TK-\d{6}`, ignoreCase: true }],
      },
      tls: null,
      syslog: {
        tcp: true,
        udp: true,
        tls: true,
        namespace: "devices",
        zone: "Europe/Berlin",
        networks: ["10.244.0.0/16", "203.0.113.0/24"],
      },
      work: { place: "inside" },
      queries: { slowMilliseconds: 1000, logText: false },
      logLevel: "info",
      mcpToolNames: "dotted",
      mcpWebSocket: true,
    },
    api: {
      namespaces: ["tenant-acme-org-web"],
      ingress: true,
      blocks: [{ cidr: "203.0.113.0/24", except: [] }],
    },
    access: {
      keys: [
        {
          name: "checkout",
          roles: ["writer"],
          namespaces: ["payments"],
          secret: { name: "log-service-key-hashes", key: "checkout" },
          mcpOrganization: null,
          expires: null,
        },
        {
          name: "mcp-web",
          roles: ["writer"],
          namespaces: ["*"],
          secret: { name: "log-service-key-hashes", key: "mcp-web" },
          mcpOrganization: "web",
          expires: null,
        },
      ],
      certificates: [],
      oidc: {
        issuer: "https://login.acme.example/",
        audience: ["neurallog"],
        jwksUri: null,
        algorithms: ["RS256"],
        rolesClaim: "realm_access.roles",
        roles: { "log-writers": "writer" },
        namespacesClaim: null,
        namespaces: ["*"],
        clockToleranceSeconds: 30,
      },
    },
    secrets: { provider: "manual" },
  };
}

/** The other half of what there is: Ingress, External Secrets, an external Redis, a Secret of the record's own name. */
export function cloudPlan(): Plan {
  const plan = samplePlan();
  return {
    ...plan,
    cluster: {
      ...plan.cluster,
      name: "cloud",
      secretsProvider: "external-secrets",
      exposure: {
        kind: "ingress",
        class: "public",
        issuer: "letsencrypt",
        controller: { namespace: "neurallog-ingress", podLabels: { app: "ingress" } },
      },
    },
    redis: {
      mode: "external",
      host: "redis.example.com",
      port: 6380,
      tls: true,
      cluster: false,
      cidr: "192.0.2.10/32",
      secretName: "managed-redis",
    },
    archive: {
      database: {
        mode: "external",
        host: "archives.example.com",
        port: 5433,
        name: "neurallog_acme",
        authority: "-----BEGIN CERTIFICATE-----\nCCCC\n-----END CERTIFICATE-----\n",
        peer: { kind: "ipBlock", cidr: "192.0.2.64/28" },
      },
      retentionSeconds: 2_592_000,
      fullText: false,
      buffer: { records: 100_000, bytes: null },
    },
    logService: {
      ...plan.logService,
      tls: {
        secretName: "listener",
        clientCa: { secretName: "agents-ca", key: "ca.crt" },
        authority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      },
      work: { place: "apart", resources, heapMebibytes: 184 },
    },
    access: {
      certificates: [
        {
          name: "agents",
          roles: ["writer"],
          namespaces: ["*"],
          expires: "2031-01-31T00:00:00.000Z",
          subject: "dns:agents.acme.example",
        },
      ],
      oidc: null,
      keys: [
        ...plan.access.keys,
        {
          name: "audit",
          roles: ["reader"],
          namespaces: ["*"],
          secret: { name: "audit-hashes", key: "hash" },
          mcpOrganization: null,
          expires: null,
        },
      ],
    },
    secrets: {
      provider: "external-secrets",
      vault: {
        server: "https://vault.example.com",
        path: "kv",
        auth: "kubernetes",
        role: "neurallog-acme",
        keyPrefix: "neurallog/acme",
      },
      refresh: "1h",
    },
  };
}
