import { readFileSync } from "node:fs";

import { expect, test } from "vitest";
import { z } from "zod";

import { openApiDocument } from "../../../apps/log-service/src/http/openapi.ts";
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

test("the service serves its description, and every route in it exists", async () => {
  await using service = await startTestService();
  const { body } = await ask(`${service.url}/openapi.json`);
  expect(body).toEqual(JSON.parse(openApiDocument()));
  const paths = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
  for (const [path, methods] of Object.entries(paths.parse(body).paths)) {
    for (const method of Object.keys(methods)) {
      const answer = await ask(`${service.url}${path}`, { method: method.toUpperCase() });
      expect([200, 401]).toContain(answer.status);
    }
  }
});

test("every reference in it leads somewhere", () => {
  const text = openApiDocument();
  const schemas = z
    .object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) })
    .parse(JSON.parse(text)).components.schemas;
  const references = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, target]) => target);
  expect(references.length).toBeGreaterThan(10);
  for (const target of references) {
    expect(Object.keys(schemas).map((name) => `#/components/schemas/${name}`)).toContain(target);
  }
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
