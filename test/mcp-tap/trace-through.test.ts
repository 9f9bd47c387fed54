import { afterAll, beforeAll, expect, test } from "vitest";

import { NeuralLogClient } from "@neurallog/client";

import { startSite, type Site } from "../log-service/archive/postgres/site.ts";
import { prepareArchive } from "../log-service/roles/archive-support.ts";
import { startRedis } from "../support/redis.ts";
import { redisUsers, startService } from "../support/service.ts";
import { startRawHttp } from "./support/raw-http.ts";
import { startTapOn } from "./support/tap.ts";

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site?.stop());

/** A component logs by the tool, with the trace that its request named. */
async function logByTool(url: string, key: string, given: object): Promise<void> {
  const answer = await fetch(`${url}/mcp`, {
    method: "POST",
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "logger_log", arguments: given },
    }),
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
    },
  });
  expect(await answer.text()).not.toContain('"isError":true');
}

test("relay, server, log service and archive have one request under one trace id", async () => {
  await using redis = await startRedis({ users: redisUsers });
  await using archive = await prepareArchive(site);
  await using service = await startService({ redisUrl: redis.url, env: archive.env });
  await using server = await startRawHttp("dewey");
  server.behave((request, answer) => {
    const trace_id = request.headers["x-trace-id"];
    request.resume();
    void (async () => {
      await logByTool(service.url, service.keys.writer, {
        component: "gates",
        level: "INFO",
        message: "listing capabilities",
        trace_id,
      });
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end('{"jsonrpc":"2.0","id":1,"result":{"content":[]}}');
    })();
    return true;
  });
  const tap = await startTapOn(server.url, ["--source", "relay"], {
    NEURALLOG_URL: service.url,
    NEURALLOG_KEY: service.keys.writer,
  });

  const call = {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "list_capabilities" },
  };
  const headers = { "content-type": "application/json" };
  await (await fetch(tap.url, { method: "POST", body: JSON.stringify(call), headers })).text();

  // In the hot store, as anybody finds it.
  const client = new NeuralLogClient({ url: service.url, key: service.keys.reader });
  const found = async () => (await client.search({ source: "gates" })).records[0]?.trace_id ?? "";
  await expect.poll(found).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  const trace_id = await found();
  const traced = async () =>
    (await client.trace({ trace_id })).records.map(({ source }) => source).toSorted();
  await expect.poll(traced).toEqual(["gates", "relay", "relay"]);

  // And in the database, row by row.
  const archived = async () => {
    const sql = "SELECT component, trace_id FROM neurallog.logs ORDER BY component";
    return site.postgres.query(sql, { database: archive.addresses.database });
  };
  await expect.poll(archived).toEqual([
    { component: "gates", trace_id },
    { component: "relay", trace_id },
    { component: "relay", trace_id },
  ]);
});
