import { expect, test } from "vitest";

import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore, StoreHealth } from "../../../apps/log-service/src/store/port.ts";
import { ask, post, startTestService } from "./support.ts";

/** A store that fails as it is told to. */
function failingStore(): LogStore & { fail: ServiceError | undefined } {
  const inner = createMemoryStore();
  const store: LogStore & { fail: ServiceError | undefined } = {
    ...inner,
    fail: undefined,
    append: (records) => (store.fail ? Promise.reject(store.fail) : inner.append(records)),
    snapshot: (names, bounds) =>
      store.fail ? Promise.reject(store.fail) : inner.snapshot(names, bounds),
    health: async (): Promise<StoreHealth> =>
      store.fail
        ? { ready: false, code: store.fail.code, reason: "connect ECONNREFUSED 10.0.0.9:6379" }
        : inner.health(),
  };
  return store;
}

test.each(["NL_STORE_UNAVAILABLE", "NL_STORE_FULL", "NL_STORE_BUSY"] as const)(
  "while the store says %s, writes get 503 with Retry-After, and the service is not ready",
  async (code) => {
    const store = failingStore();
    await using service = await startTestService({ store });
    store.fail = new ServiceError(code, undefined, { retryAfterSeconds: 2 });

    const refused = await post(service, "writer", '{"message":"lost?"}');
    expect(refused).toMatchObject({ status: 503, body: { error: { code } } });
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(await ask(`${service.opsUrl}/health/ready`)).toMatchObject({
      status: 503,
      body: { ready: false, code },
    });
    expect(await ask(`${service.opsUrl}/health/live`)).toMatchObject({ status: 200 });

    store.fail = undefined;
    await expect
      .poll(() => ask(`${service.opsUrl}/health/ready`))
      .toMatchObject({ status: 200, body: { ready: true } });
    expect(await post(service, "writer", '{"message":"kept"}')).toMatchObject({ status: 200 });
    const { records } = await service.client("reader").search();
    expect(records.map(({ message }) => message)).toEqual(["kept"]);
  },
);

test("everybody hears that the store is away, operators also where it is", async () => {
  const store = failingStore();
  await using service = await startTestService({ store });
  store.fail = new ServiceError("NL_STORE_UNAVAILABLE");
  const open = await ask(`${service.url}/health/ready`);
  expect(open.status).toBe(503);
  expect(JSON.stringify(open.body)).not.toContain("10.0.0.9");
  const ops = await ask(`${service.opsUrl}/health/ready`);
  expect(JSON.stringify(ops.body)).toContain("10.0.0.9");
});

test("draining, the service says so, and still takes what comes", async () => {
  // Longer than a busy machine takes for two requests.
  const service = await startTestService({ env: { NEURALLOG_DRAIN_SECONDS: "5" } });
  const stopped = service.stop();
  expect(await ask(`${service.opsUrl}/health/ready`)).toMatchObject({
    status: 503,
    body: { code: "NL_DRAINING" },
  });
  expect(await post(service, "writer", '{"message":"last"}')).toMatchObject({ status: 200 });
  await stopped;
  await expect(ask(`${service.url}/health/live`)).rejects.toThrow("fetch failed");
});

test("the ops listener has health and metrics and nothing else", async () => {
  await using service = await startTestService();
  expect(await ask(`${service.opsUrl}/metrics`)).toMatchObject({ status: 200 });
  for (const path of ["/api/logs", "/api/namespaces", "/mcp", "/openapi.json"]) {
    expect(await ask(`${service.opsUrl}${path}`)).toMatchObject({ status: 404 });
  }
});

test("metrics count exports when they end, also those that nobody reads to their end", async () => {
  await using service = await startTestService();
  const records = Array.from({ length: 5_000 }, (_, row) => ({ message: `${row} `.repeat(200) }));
  await post(service, "writer", JSON.stringify(records));
  const counted = async (): Promise<readonly number[]> => {
    const { body } = await ask(`${service.opsUrl}/metrics`);
    return ['query_seconds_count{kind="export"}', "query_scanned_bytes_total"].map((name) =>
      Number(String(body).split(`\nneurallog_${name} `)[1]?.split("\n")[0] ?? 0),
    );
  };
  const exported = (signal?: AbortSignal) =>
    fetch(`${service.url}/api/logs/export`, {
      headers: { authorization: `Bearer ${service.key("reader")}` },
      ...(signal !== undefined && { signal }),
    });
  await (await exported()).text();
  expect((await counted())[0]).toBe(1);
  const [, scanned = 0] = await counted();
  expect(scanned).toBeGreaterThan(1_000_000);
  const left = new AbortController();
  await exported(left.signal);
  left.abort();
  await expect.poll(async () => (await counted())[0]).toBe(2);
  const [, both = 0] = await counted();
  expect(both).toBeGreaterThan(scanned);
});

test("metrics count what came in, what was refused, and what the store does", async () => {
  await using service = await startTestService();
  await post(service, "writer", '[{"message":"a"},{"message":"b"},{"nonsense":1}]');
  await service.client("reader").search();
  await ask(`${service.url}/api/logs`);
  await ask(`${service.opsUrl}/health/ready`);
  const { body } = await ask(`${service.opsUrl}/metrics`);
  for (const line of [
    'neurallog_records_in_total{protocol="json",namespace="default"} 2',
    'neurallog_records_rejected_total{code="NL_RECORD_UNKNOWN_FIELD"} 1',
    'neurallog_requests_refused_total{code="NL_UNAUTHENTICATED"} 1',
    "neurallog_commit_seconds_count 1",
    'neurallog_query_seconds_count{kind="search"} 1',
    "neurallog_store_up 1",
    "neurallog_blocks_committed_total 1",
    'neurallog_http_request_seconds_count{route="/api/logs",status="200"} 2',
    "nodejs_eventloop_lag_p99_seconds",
  ]) {
    expect(body).toContain(line);
  }
});
