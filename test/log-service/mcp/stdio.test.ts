import { once } from "node:events";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startTestService, type TestService } from "../http/support.ts";
import { MAIN, TestProcess } from "../roles/support.ts";
import { connectStdio, GENERATIONS } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const env = (key: string) => ({
  NEURALLOG_URL: service.url,
  NEURALLOG_KEY: service.key(key),
  NEURALLOG_LOG_LEVEL: "trace",
});

describe.each(GENERATIONS)("over stdio, an official client of %s", (generation) => {
  test("writes, searches and lists namespaces", async () => {
    await using client = await connectStdio(generation, [MAIN, "mcp", "--stdio"], env("admin"));
    expect((await client.tools()).map(({ name }) => name)).toEqual([
      "neurallog.log",
      "neurallog.search",
      "neurallog.namespaces",
    ]);
    const message = `over stdio with ${generation}`;
    const written = await client.call("neurallog.log", {
      namespace: "stdio",
      records: [
        { message, level: "ERROR" },
        { message: "bad", timestamp: "never" },
      ],
    });
    expect(written).toMatchObject({ output: { accepted: 1, rejected: [{ index: 1 }] } });
    const found = await client.call("neurallog.search", {
      text: message,
      namespace: "stdio",
      level: ["ERROR"],
      limit: 5,
    });
    expect(found.output["records"]).toMatchObject([{ message, level: "ERROR" }]);
    const listed = await client.call("neurallog.namespaces");
    expect(listed.text).toContain("stdio: ");
  });

  test("hears the service's own reason when it is refused", async () => {
    await using client = await connectStdio(generation, [MAIN, "mcp", "--stdio"], env("writer"));
    const answer = await client.call("neurallog.search");
    expect(answer).toMatchObject({ isError: true });
    expect(answer.text).toContain("NL_FORBIDDEN_ROLE");
  });

  test("hears that the service is away, and goes on", async () => {
    await using client = await connectStdio(generation, [MAIN, "mcp", "--stdio"], {
      ...env("admin"),
      NEURALLOG_URL: "http://127.0.0.1:1",
    });
    const answer = await client.call("neurallog.search");
    expect(answer).toMatchObject({ isError: true });
    expect(answer.text).toMatch(/^NLC_UNREACHABLE: /);
    expect(await client.tools()).toHaveLength(3);
  });
});

test("standard output is pure JSON-RPC, whatever comes in and goes wrong", async () => {
  await using run = new TestProcess(["mcp", "--stdio"], {
    ...env("admin"),
    NEURALLOG_URL: "http://127.0.0.1:1",
  });
  const { stdin, stdout, stderr } = run.child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("no pipes");
  let out = "";
  stdout.on("data", (chunk) => (out += String(chunk)));
  const lines = [
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}',
    "this is no JSON",
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","id":2,"method":"no/such"}',
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"neurallog.search","arguments":{"nonsense":1}}}',
    '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"neurallog.search","arguments":{}}}',
  ];
  for (const line of lines) stdin.write(`${line}\n`);
  await expect.poll(() => out, { timeout: 20_000 }).toContain('"id":4');
  stdin.end();
  await once(run.child, "close");
  expect(await run.ended()).toBe(0);
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers.length).toBeGreaterThanOrEqual(4);
  for (const answer of answers) expect(answer).toMatchObject({ jsonrpc: "2.0" });
});
