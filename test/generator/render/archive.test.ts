// What an archive becomes: whose passwords go where, what the service is told, and who reaches it.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { podTemplates } from "../../../generator/manifests/workloads.ts";
import {
  logServiceEnvironment,
  workEnvironment,
} from "../../../generator/render/log-service-config.ts";
import { archiveFields } from "../../../apps/log-service/src/config/archive.ts";
import { unknownVariables } from "../../../apps/log-service/src/config/unknown.ts";
import { buildPlan } from "../support/build.ts";
import { at, find } from "../support/committed.ts";
import { cloudPlan } from "../support/plans.ts";
import { homeRecord, planOf, withValues, type Json } from "../support/records.ts";

const ROOT = "tenant-acme";
const build = (values: Readonly<Record<string, Json | undefined>> = {}): Promise<Manifest[]> =>
  buildPlan(planOf(withValues(homeRecord, values)));

const container = z.looseObject({
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
});
const sources = z.object({
  projected: z.object({
    sources: z.array(
      z.looseObject({
        secret: z
          .looseObject({ name: z.string(), items: z.array(z.object({ path: z.string() })) })
          .optional(),
      }),
    ),
  }),
});

/** Files of the volume `archive`, by the Secret that they come from. */
function passwordsOf(objects: readonly Manifest[], owner: string): string[] {
  const pod = podTemplates(objects).find((each) => each.owner === owner);
  const volume = pod?.spec.volumes?.find(({ name }) => name === "archive");
  return sources
    .parse(volume)
    .projected.sources.flatMap(({ secret }) => secret?.items.map(({ path }) => path) ?? []);
}

function environmentOf(objects: readonly Manifest[], owner: string): Record<string, string> {
  const pod = podTemplates(objects).find((each) => each.owner === owner);
  const [first] = z.array(container).parse(pod?.spec.containers);
  return Object.fromEntries((first?.env ?? []).map(({ name, value = "" }) => [name, value]));
}

/** What the environment says of password files has to be what is mounted. */
function expectMounted(objects: readonly Manifest[], owner: string): void {
  const named = Object.entries(environmentOf(objects, owner))
    .filter(([name]) => /^NEURALLOG_ARCHIVE_.*_PASSWORD_FILE$/.test(name))
    .map(([, file]) => file);
  expect(named).toEqual(
    passwordsOf(objects, owner).map((file) => `/etc/neurallog/archive/${file}`),
  );
}

describe("the archive's passwords", () => {
  it("are each where it is used: the owner's only with the pod that moves records", async () => {
    const objects = await build();
    expect(passwordsOf(objects, "Deployment log-service")).toEqual(["writer", "reader"]);
    expect(passwordsOf(objects, "Deployment log-service-work")).toEqual(["owner", "writer"]);
    for (const name of ["log-service", "log-service-work"])
      expectMounted(objects, `Deployment ${name}`);
  });

  it("are all the log service's where it moves records itself", async () => {
    const objects = await build({ "logService.work": undefined });
    expect(passwordsOf(objects, "Deployment log-service")).toEqual(["owner", "writer", "reader"]);
    expectMounted(objects, "Deployment log-service");
  });

  it("never reach an MCP endpoint", async () => {
    const endpoint = (await build()).filter(({ namespace }) => namespace?.endsWith("-mcp"));
    expect(endpoint.length).toBeGreaterThan(0);
    expect(JSON.stringify(endpoint.map(({ body }) => body))).not.toMatch(/archive|5432/i);
  });
});

describe("what the service is told", () => {
  const told = (values: Readonly<Record<string, Json | undefined>>) =>
    logServiceEnvironment(planOf(withValues(homeRecord, values)), ROOT);

  it.each([
    { "archive.retention": "1d" },
    { "archive.retention": "3660d" },
    { "archive.buffer.records": 1000 },
    { "archive.buffer.records": 1_000_000_000 },
    { "archive.buffer.bytes": "1Mi" },
    { "archive.buffer": undefined },
    { "archive.fullText": false },
  ])("is taken by it at the bounds of the record: %j", (values) => {
    const read = z.object(archiveFields).parse(told(values));
    expect(read.NEURALLOG_ARCHIVE_URL).toBe("postgres://archive:5432/neurallog");
  });

  it("names users as the service takes them, however long the tenant's id is", () => {
    const { archive, ...plan } = cloudPlan();
    if (archive?.database.mode !== "external") throw new Error("no server of the cluster");
    const database = { ...archive.database, name: "n".repeat(56) };
    const env = logServiceEnvironment({ ...plan, archive: { ...archive, database } }, ROOT);
    expect(z.object(archiveFields).parse(env).NEURALLOG_ARCHIVE_WRITER).toHaveLength(63);
  });

  it("is nothing that it does not know", () => {
    expect(unknownVariables(told({ "logService.mcpWebSocket": true }))).toEqual([]);
    const work = workEnvironment(planOf(homeRecord), 100);
    expect(unknownVariables(work)).toEqual([]);
    expect(Object.keys(work)).toContain("NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE");
  });
});

describe("an archive on a server of the cluster", () => {
  it("is named with users of the tenant's own and who signed its certificate, and starts no pod", async () => {
    const objects = await buildPlan(cloudPlan());
    expect(find(objects, "StatefulSet", ROOT, "archive")).toBeUndefined();
    expect(environmentOf(objects, "Deployment log-service")).toMatchObject({
      NEURALLOG_ARCHIVE_URL: "postgres://archives.example.com:5433/neurallog_acme",
      NEURALLOG_ARCHIVE_READER: "neurallog_acme_reader",
      NEURALLOG_ARCHIVE_WRITER: "neurallog_acme_writer",
      NEURALLOG_ARCHIVE_CA_FILE: "/etc/neurallog/archive/ca.crt",
    });
    expect(environmentOf(objects, "Deployment log-service-work")).toMatchObject({
      NEURALLOG_ARCHIVE_OWNER: "neurallog_acme_owner",
    });
    const authority = find(objects, "ConfigMap", ROOT, "archive-authority");
    expect(at(authority, "data", "ca.crt")).toContain("CCCC");
    const egress = JSON.stringify(
      at(find(objects, "NetworkPolicy", ROOT, "log-service"), "spec", "egress"),
    );
    expect(egress).toContain(
      '{"ports":[{"port":5433,"protocol":"TCP"}],"to":[{"ipBlock":{"cidr":"192.0.2.64/28"}}]}',
    );
  });

  it("has its passwords fetched where the cluster fetches secrets", async () => {
    const objects = await buildPlan(cloudPlan());
    const secret = find(objects, "ExternalSecret", ROOT, "archive-passwords");
    expect(JSON.stringify(at(secret, "spec", "dataFrom"))).toContain(
      '"neurallog/acme/archive-passwords"',
    );
  });
});

describe.each(["suspended", "retiring"])("a tenant that is %s", (state) => {
  it("keeps its archive, which only its own log service reaches", async () => {
    const objects = await build({
      state,
      ...(state === "retiring" ? { retireAfter: "2031-01-31" } : {}),
    });
    expect(at(find(objects, "StatefulSet", ROOT, "archive"), "spec", "replicas")).toBe(1);
    const claim = find(objects, "PersistentVolumeClaim", ROOT, "data-archive-0");
    expect(at(claim, "metadata", "annotations")).toEqual({
      "argocd.argoproj.io/sync-options": "Prune=false,Delete=confirm",
    });
    expect(at(find(objects, "NetworkPolicy", ROOT, "archive"), "spec", "ingress")).toEqual([
      {
        from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "log-service" } } }],
        ports: [{ port: 5432, protocol: "TCP" }],
      },
    ]);
    // Whoever is left exports what it holds, and goes on moving.
    expect(passwordsOf(objects, "Deployment log-service")).toEqual(["owner", "writer", "reader"]);
  });
});
