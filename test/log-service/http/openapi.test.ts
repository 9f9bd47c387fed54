import { channel } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";

import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { z } from "zod";

import { openApiDocument } from "../../../apps/log-service/src/http/openapi.ts";
import {
  clearReply,
  keysReply,
  keyState,
  levelsReply,
  setLevel,
  setLevelsReply,
  tombstonesReply,
} from "../../../apps/log-service/src/http/admin/schemas.ts";
import { REPLIES } from "../../../apps/log-service/src/http/answer-schemas.ts";
import {
  namespacesReply,
  readyReply,
  rejectedReply,
  writeReply,
} from "../../../apps/log-service/src/http/schemas.ts";
import { ask, post, startTestService } from "./support.ts";

const committed = new URL("../../../apps/log-service/openapi.json", import.meta.url);

test("the committed openapi.json is what the schemas say (npm run openapi writes it)", () => {
  expect(readFileSync(committed, "utf8")).toBe(openApiDocument());
});

const described = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        summary: z.string(),
        security: z.array(z.unknown()).optional(),
        requestBody: z.object({ content: z.record(z.string(), z.unknown()) }).optional(),
        responses: z.record(
          z.string(),
          z.union([z.object({ description: z.string() }), z.object({ $ref: z.string() })]),
        ),
      }),
    ),
  ),
});

/** Whatever else is asked of an Elasticsearch is told that it is not here: there is nothing to describe. */
const NOT_HERE = ["/_*", "/:index/_*"];

function isInitialization(message: unknown): message is { readonly fastify: FastifyInstance } {
  return typeof message === "object" && message !== null && "fastify" in message;
}

/** The routes of the main listener, as a description has them, while `work` starts a service. */
async function watchRoutes<T>(work: () => Promise<T>): Promise<[service: T, routes: string[]]> {
  const routes: string[] = [];
  let listeners = 0;
  const watch = (message: unknown): void => {
    if (!isInitialization(message)) return;
    listeners += 1;
    // The other listener is the operators'.
    if (listeners > 1) return;
    message.fastify.addHook("onRoute", ({ method, url }) => {
      if (NOT_HERE.includes(url)) return;
      const path = url.replaceAll(/:(\w+)/g, "{$1}").replace(/\*$/, "{path}");
      routes.push(...[method].flat().map((one) => `${one} ${path}`));
    });
  };
  const initialization = channel("fastify.initialization");
  initialization.subscribe(watch);
  try {
    return [await work(), routes];
  } finally {
    initialization.unsubscribe(watch);
  }
}

test("every route of the service is in its description, and nothing else", async () => {
  const [service, routes] = await watchRoutes(startTestService);
  await service.stop();
  const { paths } = described.parse(JSON.parse(openApiDocument()));
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.length).toBeGreaterThan(60);
  expect(told.toSorted()).toEqual(routes.toSorted());
});

test("the service serves its description, and asks for a key where it says so", async () => {
  await using service = await startTestService();
  const { body } = await ask(`${service.url}/openapi.json`);
  expect(body).toEqual(JSON.parse(openApiDocument()));
  for (const [path, methods] of Object.entries(described.parse(body).paths)) {
    // Without an upgrade these say what they are, whoever asks; tests of their own ask with one.
    if (path.endsWith("/tail")) continue;
    for (const [method, { security }] of Object.entries(methods)) {
      const url = `${service.url}${path.replaceAll(/\{\w+\}/g, "x")}`;
      const { status } = await fetch(url, { method: method.toUpperCase() });
      const expected = security?.length === 0 ? 200 : 401;
      expect([method, path, status]).toEqual([method, path, expected]);
    }
  }
});

test("every operation has a name of its own, and says what it takes where it has a body", () => {
  const { paths } = described.parse(JSON.parse(openApiDocument()));
  const operations = Object.values(paths).flatMap((methods) => Object.entries(methods));
  const names = operations.map(([, { operationId }]) => operationId);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  const withoutBody = operations
    .filter(([method]) => ["post", "put"].includes(method))
    .filter(([, { requestBody }]) => Object.keys(requestBody?.content ?? {}).length === 0)
    .map(([, { operationId }]) => operationId);
  expect(withoutBody).toEqual(["revokeKey", "restoreKey"]);
});

test("every reference in it leads somewhere", () => {
  const text = openApiDocument();
  const { components } = z
    .object({ components: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(JSON.parse(text));
  const there = Object.entries(components).flatMap(([kind, parts]) =>
    Object.keys(parts).map((name) => `#/components/${kind}/${name}`),
  );
  const references = new Set([...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, target]) => target));
  expect(references.size).toBeGreaterThan(10);
  expect([...references].filter((target = "") => !there.includes(target))).toEqual([]);
});

test("answers are as described, to the last field", async () => {
  await using service = await startTestService();
  const full = {
    message: "m",
    level: "warn",
    timestamp: "2026-01-02T03:04:05.123456789Z",
    source: "s",
    trace_id: "t",
    span_id: "sp",
    tags: ["a"],
    metadata: { a: { b: [1, null] } },
  };
  const write = await post(service, "writer", JSON.stringify([full, { message: 1 }]));
  expect(writeReply.safeParse(write.body).error).toBeUndefined();
  expect(rejectedReply.safeParse((await post(service, "writer", "{}")).body).error).toBeUndefined();
  const { ids } = writeReply.parse(write.body);
  const answers = {
    SearchReply: "",
    CountReply: "/count?by=level",
    HistogramReply: "/histogram",
    FacetsReply: "/facets?field=metadata.a.b,source",
    ValuesReply: "/values?field=source",
    PatternsReply: "/patterns",
    ContextReply: `/context?id=${ids[0]}`,
    TraceReply: "/trace?trace_id=t",
    AggregateReply: "/aggregate?q=*|stats+count()",
  } as const;
  for (const [name, path] of Object.entries(answers)) {
    const { body } = await service.call("reader", `/api/logs${path}`);
    expect(Reflect.get(REPLIES, name).safeParse(body).error).toBeUndefined();
  }
  expect(
    namespacesReply.safeParse((await service.call("reader", "/api/namespaces")).body).error,
  ).toBeUndefined();
  expect(
    readyReply.safeParse((await ask(`${service.url}/health/ready`)).body).error,
  ).toBeUndefined();
  // The schemas are strict enough to fail.
  expect(REPLIES.SearchReply.safeParse({ records: [] }).success).toBe(false);
});

test("answers to administrators are as described, to the last field", async () => {
  await using service = await startTestService();
  await service.client("writer").write({ message: "a", source: "s" });
  const json = (method: string, body: unknown) => ({
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  const clear = { namespace: "default", source: "s" };
  const level = { source: "s", level: "warn" };
  const answers: [z.ZodType, string, RequestInit?][] = [
    [clearReply, "/api/admin/clear", json("POST", { ...clear, dry_run: true })],
    [clearReply, "/api/admin/clear", json("POST", clear)],
    [tombstonesReply, "/api/admin/tombstones"],
    [keysReply, "/api/admin/keys"],
    [keyState, "/api/admin/keys/reader/revoke", { method: "POST" }],
    [keyState, "/api/admin/keys/reader/restore", { method: "POST" }],
    [setLevel, "/api/admin/levels", json("PUT", level)],
    [setLevelsReply, "/api/admin/levels"],
    [levelsReply, "/api/levels"],
  ];
  for (const [schema, path, init] of answers) {
    const { status, body } = await service.call("admin", path, init);
    expect([path, status, schema.safeParse(body).error]).toEqual([path, 200, undefined]);
  }
});
