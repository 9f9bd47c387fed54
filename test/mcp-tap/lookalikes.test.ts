import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { NeuralLogClient } from "@neurallog/client";

import { run } from "../cli/run.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { redisUsers, startService, type TestService } from "../support/service.ts";
import { rawStdio, startTap } from "./support/tap.ts";

/**
 * Two servers that look alike, one of whose tools registers and cannot be called: what the tap recorded of both,
 * and the comparison of it, say why.
 */

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
let redis: TestRedis;
let service: TestService;

beforeAll(async () => {
  redis = await startRedis({ users: redisUsers });
  service = await startService({ redisUrl: redis.url });
});
afterAll(async () => {
  await service?.stop();
  await redis?.stop();
});

const messages = (call: object) =>
  [
    { id: 0, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {} } },
    { method: "notifications/initialized" },
    { id: 1, method: "tools/list" },
    { id: 2, method: "tools/list", params: { cursor: "1" } },
    { id: 3, method: "tools/call", params: call },
  ].map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

/** A client's session with a server behind the tap: it lists the tools and calls one of them. */
async function session(variant: "dewey" | "gates"): Promise<string> {
  const tap = startTap(["--source", `tap-${variant}`, "--", process.execPath, rawStdio, variant], {
    NEURALLOG_URL: service.url,
    NEURALLOG_KEY: service.keys.writer,
  });
  const _meta = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  for (const line of messages({ name: "list_capabilities", _meta })) tap.process.stdin.write(line);
  tap.process.stdin.end();
  expect(await tap.ended).toEqual({ code: 0, signal: null });
  return tap.out().toString();
}

test("the tap and the comparison find the difference between a tool that answers and one that does not", async () => {
  const [works, fails] = await Promise.all([session("dewey"), session("gates")]);
  expect(works).toContain('"id":3,"result"');
  expect(fails).toContain('"id":3,"error"');

  // The trace of the call, over both servers: what went in, and what came back.
  const client = new NeuralLogClient({ url: service.url, key: service.keys.reader });
  const { records } = await client.search({ trace_id: traceId, order: "asc" });
  const answers = records
    .filter(({ metadata }) => metadata?.["direction"] === "to-client")
    .map(({ source, metadata: { kind, tool, error_message } = {} }) => ({
      source,
      kind,
      tool,
      error_message,
    }))
    .toSorted((a, b) => String(a.source).localeCompare(String(b.source)));
  expect(records).toHaveLength(4);
  expect(answers).toEqual([
    { source: "tap-dewey", kind: "response", tool: "list_capabilities" },
    {
      source: "tap-gates",
      kind: "error",
      tool: "list_capabilities",
      error_message: "Unknown tool: list_capabilities",
    },
  ]);

  // The exact JSON of both registrations is in the records.
  const listed = await client.search({
    q: "source:tap-gates metadata.method=tools/list metadata.direction=to-client",
    order: "asc",
  });
  expect(listed.records[0]?.message.split("\n")[1]).toMatch(
    /^\{"jsonrpc":"2\.0","id":1,"result":\{"tools":\[\{"name":"list_capabilities",.*"input_schema":\{/,
  );

  const sides = ["query:source:tap-dewey", "query:source:tap-gates"];
  const compared = await run(["compare-tools", ...sides], {
    url: service.url,
    key: service.keys.reader,
  });
  expect(compared.exit).toBe(1);
  expect(compared.out.split("\n")).toEqual([
    "A  query:source:tap-dewey  (dewey 1.0.0, 2 tools, 2025-11-25)",
    "B  query:source:tap-gates  (gates 1.0.0, 2 tools, 2025-11-25)",
    "",
    " 1  NOT CALLABLE  list_capabilities",
    "    B lists it, and a call fails: it answers -32602: Unknown tool: list_capabilities; A answers it",
    "    likely why: inputSchema is missing in B, which has input_schema instead",
    " 2  MISSING  list_capabilities",
    "    inputSchema is missing in B, which has input_schema instead",
    '    A  {"properties":{"format":{"enum":["png","svg"],"type":"string"},"password":{"type":"string"}},"type":"object"}',
    " 3  DESCRIPTION  render",
    "    description differs",
    '    A  "Renders."',
    '    B  "Renders a picture."',
    "3 differences",
    "",
  ]);

  // The same live, without the log service.
  const raw = (variant: string) => `'${process.execPath}' '${rawStdio}' ${variant}`;
  const live = await run([
    "compare-tools",
    raw("dewey"),
    raw("gates"),
    "--call",
    "list_capabilities",
  ]);
  expect(live.exit).toBe(1);
  expect(live.out.split("\n").slice(3)).toEqual(compared.out.split("\n").slice(3));
});

test("a file that was exported compares like the records that it is of", async () => {
  const { out } = await run(["export", "-q", "source:tap-gates", "--json"], {
    url: service.url,
    key: service.keys.reader,
  });
  const folder = mkdtempSync(join(tmpdir(), "neurallog-compare-"));
  try {
    const file = join(folder, "gates.jsonl");
    writeFileSync(file, out);
    const { exit, out: said } = await run(["compare-tools", file, "query:source:tap-gates"], {
      url: service.url,
      key: service.keys.reader,
    });
    expect(said).toContain("\nno difference; 3 mistakes that both have\n");
    expect(exit).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
