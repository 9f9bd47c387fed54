import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { connectReader, type Reader } from "../../../operate/kubernetes/reader.ts";
import { readMemories } from "../../../operate/status/memory.ts";
import { fakeServer, json, list, refusal } from "../support/api-server.ts";

const fake = await fakeServer();
let reader: Reader;
beforeAll(async () => {
  reader = await connectReader({ kubeconfig: fake.kubeconfig });
});
beforeEach(() => fake.paths.clear());
afterAll(async () => {
  reader.close();
  await fake[Symbol.asyncDispose]();
});

const MONITORING = "/api/v1/namespaces/neurallog-monitoring/pods";
const PROXY = `${MONITORING}/prometheus-0%3A9090/proxy/api/v1/query`;
const CONTAINERS = "/apis/metrics.k8s.io/v1beta1/pods";

const prometheus = {
  metadata: { name: "prometheus-0", namespace: "neurallog-monitoring" },
  spec: { containers: [{ ports: [{ name: "web", containerPort: 9090 }] }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};
const container = {
  metadata: { name: "redis-0", namespace: "tenant-acme" },
  containers: [
    { name: "redis", usage: { memory: "40Mi" } },
    { name: "exporter", usage: { memory: "9Mi" } },
  ],
};
const vector = (value: unknown) =>
  json(200, {
    status: "success",
    data: { result: [{ metric: { namespace: "tenant-acme" }, value: [1_795_000_000, value] }] },
  });

it("is what Redis says, by one question to Prometheus for all tenants", async () => {
  fake.paths.set(MONITORING, list([prometheus]));
  fake.paths.set(PROXY, (request, response, url) => {
    const isMost = url.searchParams.get("query")?.includes("_max_bytes") === true;
    vector(isMost ? "200" : "100")(request, response, url);
  });
  const memories = await readMemories(reader);
  expect(memories("acme")).toEqual({
    usedBytes: 100,
    maxBytes: 200,
    through: "Redis, by Prometheus",
  });
  expect(memories("globex")).toEqual({ unreadable: "Prometheus has no figure of this tenant" });
});

it("is what Redis' container holds, where there is no Prometheus", async () => {
  fake.paths.set(MONITORING, list([]));
  fake.paths.set(CONTAINERS, list([container]));
  expect((await readMemories(reader))("acme")).toEqual({
    usedBytes: 40 * 1024 * 1024,
    maxBytes: null,
    through: "its container, by metrics.k8s.io",
  });
});

it("is not readable, with both reasons, where nobody tells", async () => {
  fake.paths.set(MONITORING, list([prometheus]));
  fake.paths.set(PROXY, refusal(403, "forbidden"));
  expect((await readMemories(reader))("acme")).toEqual({
    unreadable: expect.stringMatching(
      /^Prometheus: you may not ask it.*metrics\.k8s\.io: this cluster/,
    ),
  });
});

it.each([
  ["garbage", "NaN"],
  ["a negative", "-5"],
  ["no number", {}],
  ["nothing", null],
  ["an empty text", ""],
])("of %s is no figure", async (_, value) => {
  fake.paths.set(MONITORING, list([prometheus]));
  fake.paths.set(PROXY, vector(value));
  const memory = (await readMemories(reader))("acme");
  expect("unreadable" in memory || memory.usedBytes === 0).toBe(true);
});

it("of an answer that is no JSON falls back", async () => {
  fake.paths.set(MONITORING, list([prometheus]));
  fake.paths.set(PROXY, (_, response) => void response.end("<html>"));
  fake.paths.set(CONTAINERS, list([container]));
  expect((await readMemories(reader))("acme")).toMatchObject({ usedBytes: 40 * 1024 * 1024 });
});
