import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";

import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

import { loadAccess } from "../../../apps/log-service/src/access/key-file.ts";
import { readMcpConfig } from "../../../apps/log-service/src/config/mcp.ts";
import { readWorkConfig } from "../../../apps/log-service/src/config/work.ts";
import { readServeConfig } from "../../../apps/log-service/src/config/serve.ts";
import { unknownVariables } from "../../../apps/log-service/src/config/unknown.ts";
import { openRedactor } from "../../../apps/log-service/src/roles/redaction.ts";
import { AccessFolder } from "../access/support.ts";

// The generator and the service know nothing of each other: here their seam is held together.

const env = z.array(z.object({ name: z.string(), value: z.string().optional() }));
const deployment = z.object({
  kind: z.literal("Deployment"),
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ name: z.string(), env: env.optional() })) }),
    }),
  }),
});
const configMap = z.object({
  kind: z.literal("ConfigMap"),
  data: z.object({ "access.json": z.string(), "redaction.json": z.string().optional() }),
});

const documents = (file: string): unknown[] =>
  parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS());

/** The variables of a container, over all Deployments of a file. */
function variables(file: string, container: string): Record<string, string> {
  const found = documents(file).flatMap((document) => {
    const parsed = deployment.safeParse(document);
    return parsed.success
      ? parsed.data.spec.template.spec.containers.filter(({ name }) => name === container)
      : [];
  });
  return Object.fromEntries(
    found.flatMap((one) => one.env ?? []).map(({ name, value }) => [name, value ?? ""]),
  );
}

const root = new URL("../../../", import.meta.url).pathname;
const patches = globSync(`${root}overlays/*/tenants/*/*/patches.yaml`);
const roots = patches.filter((file) => !basename(dirname(file)).includes("-org-"));
// A closed organization's namespace has no endpoint any more.
const endpoints = patches.filter((file) => Object.keys(variables(file, "mcp")).length > 0);

const named = (files: readonly string[]) =>
  files.map((file) => [basename(dirname(file)), file] as const);

const workers = patches.filter((file) => variables(file, "log-service-work").NEURALLOG_TENANT);

test("there are overlays to look at", () => {
  expect(roots.length).toBeGreaterThanOrEqual(6);
  expect(endpoints.length).toBeGreaterThanOrEqual(1);
  expect(workers.length).toBeGreaterThanOrEqual(1);
});

/** The files that a pod of the overlay has beside its environment, by name. */
function mounted(file: string): { "access.json": string; "redaction.json"?: string | undefined }[] {
  return documents(file).flatMap((document) => {
    const parsed = configMap.safeParse(document);
    return parsed.success ? [parsed.data.data] : [];
  });
}

/** The files of an archive that are read at the start, which a pod has where its environment names them. */
function archiveFiles(set: Record<string, string>, file: string): Record<string, string> {
  const names = Object.keys(set).filter((name) => /^NEURALLOG_ARCHIVE_\w+_FILE$/.test(name));
  return Object.fromEntries(names.map((name) => [name, file]));
}

test.each(named(roots))("the service takes the settings of %s", async (_name, file) => {
  await using access = new AccessFolder();
  access.writeHash("password", "secret");
  const redaction = mounted(file)[0]?.["redaction.json"];
  if (redaction !== undefined) writeFileSync(`${access.keysDir}/redaction.json`, redaction);
  const config = readServeConfig({
    ...variables(`${root}bases/next/log-service/deployment.yaml`, "log-service"),
    ...variables(file, "log-service"),
    // The files of it that are read at the start are in the pod.
    NEURALLOG_REDIS_PASSWORD_FILE: `${access.keysDir}/password`,
    ...archiveFiles(variables(file, "log-service"), `${access.keysDir}/password`),
    ...(redaction && { NEURALLOG_REDACTION_FILE: `${access.keysDir}/redaction.json` }),
  });
  expect(openRedactor(config.redaction).active).toBe(redaction !== undefined);
  expect(config.host).toBe("0.0.0.0");
  expect(unknownVariables(variables(file, "log-service"))).toEqual([]);
  expect(config.publicHosts).toContain("log-service");
});

test.each(named(roots))("the service takes the access file of %s", async (_name, file) => {
  await using access = new AccessFolder();
  for (const { "access.json": text } of mounted(file)) {
    writeFileSync(access.file, text);
    const { keys, problems } = loadAccess(access.file, access.keysDir);
    // Valid to the last entry; only the hashes are elsewhere.
    expect(keys.every(({ digest }) => digest === undefined)).toBe(true);
    for (const problem of problems) expect(problem).toContain("cannot be read");
  }
});

test.each(named(workers))("the role work takes the settings of %s", async (_name, file) => {
  await using access = new AccessFolder();
  access.writeHash("password", "secret");
  const set = variables(file, "log-service-work");
  const base = `${root}bases/next/components/work/deployment.yaml`;
  const config = readWorkConfig({
    ...variables(base, "log-service-work"),
    ...set,
    NEURALLOG_REDIS_PASSWORD_FILE: `${access.keysDir}/password`,
    ...archiveFiles(set, `${access.keysDir}/password`),
  });
  expect(unknownVariables(set)).toEqual([]);
  expect(config.work.policy.bytes).toBeGreaterThan(0);
  // Then nobody else does it.
  expect(variables(file, "log-service")["NEURALLOG_WORK"]).toBe("none");
});

test.each(named(endpoints))("the MCP endpoint takes the settings of %s", async (_name, file) => {
  await using access = new AccessFolder();
  access.writeHash("key", "nlk_x");
  const config = readMcpConfig({
    ...variables(`${root}bases/next/mcp/deployment.yaml`, "mcp"),
    ...variables(file, "mcp"),
    NEURALLOG_KEY_FILE: `${access.keysDir}/key`,
  });
  expect(config.url).toMatch(/^https?:\/\/log-service\.tenant-[a-z0-9-]+\.svc:8080$/);
  expect(config.publicHosts).toContain("mcp");
});
