import { NeuralLogClient, tail } from "@neurallog/client";
import { expect, test } from "vitest";

import { startTestService } from "../log-service/http/support.ts";

test("a tail gives what is stored from now on and matches, once, whatever its timestamp", async () => {
  await using service = await startTestService();
  const writer = service.client("writer");
  await writer.write({ message: "before", level: "ERROR" });
  const end = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    const records = tail(
      service.client("reader"),
      { level: "WARN" },
      { signal: end.signal, intervalMs: 10 },
    );
    for await (const { message } of records) seen.push(message);
  })();
  // The tail starts with its first question; only then does 'from now on' mean anything.
  await expect
    .poll(() => service.call("admin", "/metrics").then(({ body }) => body))
    .toContain('neurallog_query_seconds_count{kind="search"} 2');
  const many = Array.from({ length: 250 }, (_, n) => ({ message: `m${n}`, level: "ERROR" }));
  await writer.write([
    { message: "ignored", level: "INFO" },
    { message: "old", level: "WARN", timestamp: "2001-01-01T00:00:00Z" },
  ]);
  await expect.poll(() => seen).toEqual(["old"]);
  await writer.write(many);
  await writer.write({ message: "elsewhere", level: "FATAL", namespace: "new" });
  await expect.poll(() => seen.length).toBe(252);
  end.abort();
  await following;
  expect(new Set(seen).size).toBe(252);
  expect(seen).not.toContain("before");
});

test("a tail outlives an interruption and misses nothing", async () => {
  await using service = await startTestService();
  const end = new AbortController();
  let broken = false;
  const interruptions: string[] = [];
  const client = new NeuralLogClient({
    url: service.url,
    key: service.key("reader"),
    retries: 0,
    fetch: (...args) => (broken ? Promise.reject(new Error("cut")) : fetch(...args)),
  });
  const seen: string[] = [];
  const following = (async () => {
    const records = tail(
      client,
      {},
      {
        signal: end.signal,
        intervalMs: 10,
        onInterruption: ({ code }) => interruptions.push(code),
      },
    );
    for await (const { message } of records) seen.push(message);
  })();
  await expect
    .poll(() => service.call("admin", "/metrics").then(({ body }) => body))
    .toContain('neurallog_query_seconds_count{kind="search"} 2');
  broken = true;
  await expect.poll(() => interruptions).toContain("NLC_UNREACHABLE");
  await service.client("writer").write({ message: "meanwhile" });
  broken = false;
  await expect.poll(() => seen).toEqual(["meanwhile"]);
  end.abort();
  await following;
});

test("a tail without the right to read ends with the service's reason", async () => {
  await using service = await startTestService();
  await expect(tail(service.client("writer")).next()).rejects.toMatchObject({
    code: "NL_FORBIDDEN_ROLE",
  });
});
