import { createHash, randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { freshSecrets, type FreshSecret } from "../../../generator/render/fresh-secrets.ts";
import { redisUsers } from "../../../generator/render/redis-conf.ts";
import { secretEntries, secretManifest } from "../../../generator/render/secret-manifest.ts";
import { startRedis } from "../../support/redis.ts";
import { cloudPlan, samplePlan } from "../support/plans.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function entriesOf(
  secrets: readonly FreshSecret[],
  namespace: string,
  name: string,
): Record<string, string> {
  return (
    secrets.find((secret) => secret.namespace.name === namespace && secret.name === name)
      ?.entries ?? {}
  );
}

describe("fresh secrets", () => {
  it("give the service the hash of each API key, and the caller its value", () => {
    const secrets = freshSecrets(samplePlan(), randomBytes);
    const hashes = entriesOf(secrets, "tenant-acme", "log-service-key-hashes");
    const values = entriesOf(secrets, "tenant-acme-org-web", "log-service-keys");
    const endpoint = entriesOf(secrets, "tenant-acme-org-web-mcp", "mcp-log-service-key");
    expect(Object.keys(values)).toEqual(["checkout"]);
    expect(values["checkout"]).toMatch(/^nlk_[\w-]{43}$/);
    expect(hashes).toEqual({
      checkout: `sha256:${sha256(values["checkout"] ?? "")}`,
      "mcp-web": `sha256:${sha256(endpoint["key"] ?? "")}`,
    });
  });

  it("put no plain value where the log service's pods are, but those of admins", () => {
    const plan = samplePlan();
    plan.access.keys.push({
      name: "platform",
      roles: ["admin"],
      namespaces: ["*"],
      secret: { name: "log-service-key-hashes", key: "platform" },
      mcpOrganization: null,
      expires: null,
    });
    const secrets = freshSecrets(plan, randomBytes);
    expect(Object.keys(entriesOf(secrets, "tenant-acme", "log-service-keys"))).toEqual([
      "platform",
    ]);
  });

  it("hand no organization the keys of another", () => {
    const plan = samplePlan();
    plan.api.namespaces.push("tenant-acme-org-other");
    const web = plan.namespaces.find((namespace) => namespace.name === "tenant-acme-org-web");
    if (web?.role !== "organization") throw new Error("the sample lost its organization");
    plan.namespaces.push({
      ...web,
      name: "tenant-acme-org-other",
      organization: "other",
      mcpNamespace: null,
    });
    const secrets = freshSecrets(plan, randomBytes);
    const callers = secrets.filter(({ name }) => name === "log-service-keys");
    expect(callers.map(({ namespace }) => namespace.name)).toEqual(["tenant-acme"]);
  });

  it("are others each time, and no two of them alike", () => {
    const values = [
      freshSecrets(samplePlan(), randomBytes),
      freshSecrets(samplePlan(), randomBytes),
    ]
      .flat()
      .flatMap(({ entries }) => Object.values(entries));
    expect(new Set(values).size).toBe(values.length);
  });

  it("hold one API key alone when only that is asked for", () => {
    const secrets = freshSecrets(samplePlan(), randomBytes, {
      keys: new Set(["checkout"]),
      archive: false,
    });
    expect(secrets.map(({ name, entries }) => [name, Object.keys(entries)])).toEqual([
      ["log-service-key-hashes", ["checkout"]],
      ["log-service-keys", ["checkout"]],
    ]);
  });

  it("hold the archive's passwords alone when only those are asked for", () => {
    const secrets = freshSecrets(samplePlan(), randomBytes, { keys: new Set(), archive: true });
    expect(secrets.map(({ name, entries }) => [name, Object.keys(entries)])).toEqual([
      ["archive-passwords", ["owner", "writer", "reader"]],
    ]);
  });

  it("leave the password of a managed Redis to its provider", () => {
    const names = freshSecrets(cloudPlan(), randomBytes).map(({ name }) => name);
    expect(names).not.toContain("redis-acl");
    expect(names).not.toContain("managed-redis");
  });

  it("give each user of the archive a password of its own, where there is one", () => {
    const secrets = freshSecrets(samplePlan(), randomBytes);
    const passwords = entriesOf(secrets, "tenant-acme", "archive-passwords");
    expect(Object.keys(passwords)).toEqual(["owner", "writer", "reader"]);
    for (const value of Object.values(passwords)) expect(value).toMatch(/^[\w-]{43}$/);
    const without = freshSecrets({ ...samplePlan(), archive: null }, randomBytes);
    expect(entriesOf(without, "tenant-acme", "archive-passwords")).toEqual({});
  });

  it("open a real Redis to each of its users, and to nobody else", async () => {
    const secrets = freshSecrets(samplePlan(), randomBytes);
    const passwords = entriesOf(secrets, "tenant-acme", "redis-clients");
    const acl = entriesOf(secrets, "tenant-acme", "redis-acl")["users.acl"] ?? "";
    await using redis = await startRedis({ users: acl });
    for (const username of redisUsers) {
      const options = { username, password: passwords[username] ?? "", enableReadyCheck: false };
      const client = new Redis(redis.port, "127.0.0.1", options);
      expect(await client.ping()).toBe("PONG");
      client.disconnect();
    }
    expect(acl).not.toContain(passwords["app"]);
  });
});

const manifest = z.object({
  kind: z.literal("Secret"),
  type: z.literal("Opaque"),
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  data: z.record(z.string(), z.base64()),
});

describe("the manifest of secrets", () => {
  it("holds every entry, in the encoding of Kubernetes", () => {
    const secrets = freshSecrets(samplePlan(), randomBytes);
    const documents = loadAll(secretManifest(samplePlan(), secrets)).map((document) =>
      manifest.parse(document),
    );
    expect(
      documents.map(({ metadata, data }) => [
        metadata.namespace,
        metadata.name,
        Object.fromEntries(
          Object.entries(data).map(([entry, value]) => [
            entry,
            Buffer.from(value, "base64").toString(),
          ]),
        ),
      ]),
    ).toEqual(secrets.map(({ namespace, name, entries }) => [namespace.name, name, entries]));
  });

  it("is, for a provider, the entries of each path under the tenant's prefix", () => {
    const secrets = freshSecrets(cloudPlan(), randomBytes);
    const paths: unknown = JSON.parse(secretEntries("neurallog/acme", secrets));
    expect(
      Object.keys(z.record(z.string(), z.record(z.string(), z.string())).parse(paths)),
    ).toEqual([
      "neurallog/acme/archive-passwords",
      "neurallog/acme/log-service-key-hashes",
      "neurallog/acme/web/log-service-keys",
      "neurallog/acme/web/mcp-log-service-key",
      "neurallog/acme/audit-hashes",
    ]);
  });
});
