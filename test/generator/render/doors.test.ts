// What the log service's further doors become: TLS on its port, syslog beside it, tokens and certificates, and the pod
// that works on what is stored.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { podTemplates } from "../../../generator/manifests/workloads.ts";
import { renderTenant } from "../../../generator/render/tenant.ts";
import { buildPlan } from "../support/build.ts";
import { at, find } from "../support/committed.ts";
import { cloudPlan } from "../support/plans.ts";
import {
  cloudRecord,
  homeRecord,
  planOf,
  tlsRecord,
  withValues,
  type Json,
} from "../support/records.ts";

const ROOT = "tenant-acme";

const build = (record: Json): Promise<Manifest[]> => buildPlan(planOf(record));

function container(objects: readonly Manifest[], owner: string, namespace = ROOT) {
  const pod = podTemplates(objects).find(
    (each) => each.owner === owner && each.namespace === namespace,
  );
  if (pod === undefined) throw new Error(`there is no ${owner}`);
  const [first] = z
    .array(
      z.looseObject({
        args: z.array(z.string()),
        volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() }).loose()),
        readinessProbe: z.unknown(),
        livenessProbe: z.unknown(),
        startupProbe: z.unknown(),
        env: z.array(z.object({ name: z.string(), value: z.string() })),
      }),
    )
    .parse(pod.spec.containers);
  if (first === undefined) throw new Error(`${owner} has no container`);
  const env = Object.fromEntries(first.env.map(({ name, value }) => [name, value]));
  return { ...first, env, labels: pod.labels, volumes: pod.spec.volumes ?? [] };
}

describe("TLS", () => {
  it("changes neither the Service's port nor the probes, which ask the ops port", async () => {
    const plain = await build(homeRecord);
    const secure = await build(tlsRecord);
    const ports = (objects: readonly Manifest[]) =>
      at(find(objects, "Service", ROOT, "log-service"), "spec", "ports");
    const [http, ...others] = z.array(z.record(z.string(), z.unknown())).parse(ports(plain));
    expect(ports(secure)).toEqual([
      { ...http, appProtocol: "https" },
      ...others.slice(0, -1),
      { name: "syslog-tls", port: 6514, targetPort: "syslog-tls", protocol: "TCP" },
      ...others.slice(-1),
    ]);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
      const of = (objects: readonly Manifest[]) => container(objects, "Deployment log-service");
      expect(of(secure)[probe]).toEqual(of(plain)[probe]);
      expect(of(secure)[probe]).toMatchObject({ httpGet: { port: "ops" } });
      expect(of(secure)[probe]).not.toHaveProperty("httpGet.scheme");
    }
  });

  it("mounts as one folder what the environment names", async () => {
    const { env, volumes, volumeMounts } = container(
      await build(tlsRecord),
      "Deployment log-service",
    );
    expect(volumeMounts).toContainEqual(
      expect.objectContaining({ name: "tls", mountPath: "/etc/neurallog/tls", readOnly: true }),
    );
    const tls = volumes.find(({ name }) => name === "tls");
    const paths = z
      .object({
        projected: z.object({
          defaultMode: z.literal(0o440),
          sources: z.array(
            z.object({ secret: z.object({ items: z.array(z.object({ path: z.string() })) }) }),
          ),
        }),
      })
      .parse(tls)
      .projected.sources.flatMap(({ secret }) => secret.items.map(({ path }) => path));
    const named = ["CERT", "KEY", "CLIENT_CA"].map((part) => env[`NEURALLOG_TLS_${part}_FILE`]);
    expect(named).toEqual(paths.map((path) => `/etc/neurallog/tls/${path}`));
  });

  it("has MCP endpoints call over https, and trust the record's authority", async () => {
    const namespace = "tenant-acme-org-web-mcp";
    const objects = await build(tlsRecord);
    const { env, volumeMounts } = container(objects, "Deployment mcp", namespace);
    expect(env["NEURALLOG_URL"]).toBe("https://log-service.tenant-acme.svc:8080");
    const mount = volumeMounts.find(({ name }) => name === "authority");
    expect(env["NODE_EXTRA_CA_CERTS"]).toBe(`${mount?.mountPath}/ca.crt`);
    const authority = find(objects, "ConfigMap", namespace, "log-service-authority");
    expect(at(authority, "data", "ca.crt")).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  });

  it("leaves endpoints to the public authorities where the record names none", async () => {
    const record = withValues(tlsRecord, { "logService.tls.authority": undefined });
    const { env } = container(await build(record), "Deployment mcp", "tenant-acme-org-web-mcp");
    expect(env).not.toHaveProperty("NODE_EXTRA_CA_CERTS");
  });

  it("has its Secrets fetched where the cluster fetches them", () => {
    const folders = [...renderTenant(cloudPlan()).keys()];
    for (const name of ["listener", "agents-ca"]) {
      expect(folders).toContain(
        `overlays/cloud/tenants/acme/tenant-acme/secret-${name}/patches.yaml`,
      );
    }
  });
});

describe("syslog", () => {
  it("has TCP and UDP of one number on the pod and on its Service", async () => {
    const objects = await build(homeRecord);
    const ports = at(find(objects, "Service", ROOT, "log-service"), "spec", "ports");
    expect(ports).toEqual([
      expect.objectContaining({ name: "http", port: 8080 }),
      { name: "syslog-tcp", port: 5514, targetPort: "syslog-tcp", protocol: "TCP" },
      { name: "syslog-udp", port: 5514, targetPort: "syslog-udp", protocol: "UDP" },
      expect.objectContaining({ name: "mcp-ws" }),
    ]);
    const { env } = container(objects, "Deployment log-service");
    expect(env["NEURALLOG_SYSLOG_TCP"]).toBe("0.0.0.0:5514");
    expect(env["NEURALLOG_SYSLOG_UDP"]).toBe("0.0.0.0:5514");
  });

  it("leaves no trace where the record does not turn it on", async () => {
    const off = await build(withValues(homeRecord, { "logService.syslog": undefined }));
    expect(JSON.stringify(off.map(({ body }) => body))).not.toMatch(/5514|SYSLOG|syslog/);
  });
});

describe("MCP over WebSocket", () => {
  it("has its port on the pod and on its Service, for callers and for no ingress controller", async () => {
    const objects = await build(homeRecord);
    const ports = at(find(objects, "Service", ROOT, "log-service"), "spec", "ports");
    expect(ports).toContainEqual({
      name: "mcp-ws",
      port: 9060,
      targetPort: "mcp-ws",
      protocol: "TCP",
    });
    expect(container(objects, "Deployment log-service").env["NEURALLOG_MCP_WS_PORT"]).toBe("9060");
    const policy = JSON.stringify(find(objects, "NetworkPolicy", ROOT, "log-service")?.body);
    const rules = policy.split('"from"').filter((rule) => rule.includes("9060"));
    expect(rules).toHaveLength(1);
    expect(rules[0]).toContain("tenant-acme-org-web");
    expect(rules[0]).not.toContain("neurallog-ingress");
    const route = find(objects, "HTTPRoute", ROOT, "log-service");
    expect(JSON.stringify(route?.body)).not.toContain("9060");
  });

  it("leaves no trace where the record does not turn it on", async () => {
    const off = await build(withValues(homeRecord, { "logService.mcpWebSocket": undefined }));
    expect(JSON.stringify(off.map(({ body }) => body))).not.toMatch(/9060|MCP_WS|mcp-ws/);
  });
});

describe("the pod that works on what is stored", () => {
  it("knows Redis' password and no API key, and nobody calls it", async () => {
    const objects = await build(homeRecord);
    const work = container(objects, "Deployment log-service-work");
    expect(work.args).toEqual(["work"]);
    expect(work.volumeMounts.map(({ name }) => name)).toEqual(["tmp", "redis", "archive"]);
    const service = at(find(objects, "Service", ROOT, "log-service"), "spec", "selector");
    expect(work.labels).not.toMatchObject(z.object({}).loose().parse(service));
  });

  it("keeps what the replicas would, which leave it to that pod", async () => {
    const objects = await build(homeRecord);
    const work = container(objects, "Deployment log-service-work").env;
    const serve = container(objects, "Deployment log-service").env;
    expect(serve["NEURALLOG_WORK"]).toBe("none");
    const kept = Object.keys(serve).filter((name) =>
      /RETENTION|WATERMARK|FULL_TEXT|BUFFER/.test(name),
    );
    expect(kept).toHaveLength(8);
    for (const name of kept) expect(work[name]).toBe(serve[name]);
  });

  it("finds a managed Redis where the replicas do", async () => {
    const objects = await build(
      withValues(cloudRecord, { logService: { work: { place: "apart" } } }),
    );
    const work = container(objects, "Deployment log-service-work");
    const serve = container(objects, "Deployment log-service");
    expect(work.env["NEURALLOG_REDIS_URL"]).toBe(serve.env["NEURALLOG_REDIS_URL"]);
    const secret = { secret: expect.objectContaining({ secretName: "managed-redis" }) };
    expect(work.volumes).toContainEqual(expect.objectContaining(secret));
  });
});

describe("a closed tenant", () => {
  it.each(["suspended", "retiring"])(
    "that is %s has no way to an issuer, no syslog and no pod of that kind",
    async (state) => {
      const objects = await build(
        withValues(homeRecord, {
          state,
          ...(state === "retiring" ? { retireAfter: "2031-01-31" } : {}),
        }),
      );
      const names = objects.map(({ kind, name }) => `${kind} ${name}`);
      expect(names).not.toContain("NetworkPolicy custom-oidc-issuer");
      expect(names).not.toContain("Deployment log-service-work");
      const policy = find(objects, "NetworkPolicy", ROOT, "log-service");
      expect(at(policy, "spec", "ingress")).toEqual([]);
      // Whoever is left does that work itself.
      const { env } = container(objects, "Deployment log-service");
      expect(env["NEURALLOG_WORK"]).toBe("inside");
    },
  );
});
