import { once } from "node:events";

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { MCP_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { startTestService, type TestService } from "../http/support.ts";
import { MAIN, TestProcess } from "../roles/support.ts";
import { connectStdio, GENERATIONS } from "./support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const TOOLS = 18;

const env = (key: string) => ({
  NEURALLOG_URL: service.url,
  NEURALLOG_KEY: service.key(key),
  NEURALLOG_LOG_LEVEL: "trace",
});

describe.each(GENERATIONS)("over stdio, an official client of %s", (generation) => {
  test("writes, searches and lists namespaces", async () => {
    await using client = await connectStdio(generation, [MAIN, "mcp", "--stdio"], env("admin"));
    expect(await client.tools()).toHaveLength(TOOLS);
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

  test("asks every question", async () => {
    await using client = await connectStdio(generation, [MAIN, "mcp", "--stdio"], env("admin"));
    const namespace = `asked-${generation}`;
    const written = await client.call("neurallog.log", {
      namespace,
      records: [1, 2].map((n) => ({ message: `step ${n}`, trace_id: "t", metadata: { n } })),
    });
    expect(written).toMatchObject({ output: { accepted: 2 } });
    const about = { namespace, q: "metadata.n=2" };
    const call = async (tool: string, input: object) => {
      const { output, isError } = await client.call(`neurallog.${tool}`, { ...input });
      expect([tool, isError]).toEqual([tool, false]);
      return output;
    };
    const count = await call("count", { ...about, by: "source", over_time: true });
    expect(count).toMatchObject({ count: 1, overTime: { buckets: [{ count: 1 }] } });
    const stats = await call("stats", { namespace, q: "metadata.n=2 | stats count() as n" });
    expect(stats).toMatchObject({ rows: [{ n: 1 }] });
    const patterns = await call("patterns", { namespace });
    expect(patterns).toMatchObject({ patterns: [{ pattern: "step <*>", count: 2 }] });
    const trace = await call("trace", { namespace, trace_id: "t" });
    expect(trace).toMatchObject({ records: [{ message: "step 1" }, { message: "step 2" }] });
    const { output: found } = await client.call("neurallog.search", {
      namespace,
      metadata: { n: 2 },
    });
    const [record] = z.array(z.object({ id: z.string() })).parse(found["records"]);
    const context = await call("context", { id: record?.id, same: "namespace" });
    expect(context).toMatchObject({ before: [{ message: "step 1" }], after: [] });
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
    expect(await client.tools()).toHaveLength(TOOLS);
  });
});

/** A client of before, line by line, with what the process writes to standard output. */
async function speak(
  lines: readonly (string | Buffer)[],
  until: string,
  settings: Readonly<Record<string, string>> = {},
) {
  await using run = new TestProcess(["mcp", "--stdio"], {
    ...env("admin"),
    NEURALLOG_URL: "http://127.0.0.1:1",
    ...settings,
  });
  const { stdin, stdout } = run.child;
  if (stdin === null || stdout === null) throw new Error("no pipes");
  let out = "";
  stdout.on("data", (chunk) => (out += String(chunk)));
  for (const line of [INITIALIZE, ...lines])
    stdin.write(Buffer.concat([Buffer.from(line), Buffer.from("\n")]));
  await expect.poll(() => out).toContain(until);
  stdin.end();
  await once(run.child, "close");
  expect(await run.ended()).toBe(0);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const INITIALIZE =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}';
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
const LAST = '{"jsonrpc":"2.0","id":99,"method":"tools/list"}';

test("standard output is pure JSON-RPC, whatever comes in and goes wrong", async () => {
  const answers = await speak(
    [
      "this is no JSON",
      INITIALIZED,
      '{"jsonrpc":"2.0","id":2,"method":"no/such"}',
      '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"neurallog.search","arguments":{"nonsense":1}}}',
      '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"neurallog.search","arguments":{}}}',
    ],
    '"id":4',
  );
  expect(answers.map(({ id }) => id)).toEqual(expect.arrayContaining([1, null, 2, 3, 4]));
  for (const answer of answers) expect(answer).toMatchObject({ jsonrpc: "2.0" });
});

test("standard output is pure JSON-RPC when something in the process writes there", async () => {
  // From when messages are read on.
  const noise = `
    const write = () => { console.log("noise"); process.stdout.write("more\\n"); };
    const { on } = process.stdin;
    process.stdin.on = function (event, ...rest) {
      if (event === "data") setInterval(write, 1).unref();
      return on.call(this, event, ...rest);
    };`;
  const options = `--import data:text/javascript,${encodeURIComponent(noise)}`;
  const answers = await speak([INITIALIZED, LAST], '"id":99', { NODE_OPTIONS: options });
  expect(answers).toMatchObject([{ id: 1 }, { id: 99 }]);
});

test.each([
  ["what is no JSON", "{{{{", -32_700, null],
  ["what is not UTF-8", Buffer.from(LAST.replace("list", "l\u00efst"), "latin1"), -32_700, null],
  ["a batch", `[${LAST}]`, -32_600, null],
  ["a message without a method", '{"jsonrpc":"2.0","id":7}', -32_600, 7],
  ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"tools/list"}', -32_600, null],
  ["a line beyond the limit", `"${"x".repeat(MCP_LIMITS.messageBytes)}"`, -32_600, null],
])(
  "attack: %s is answered over stdio, and the next line is read",
  async (_case, line, code, id) => {
    const answers = await speak([INITIALIZED, line, "", LAST], '"id":99');
    const [refusals, others] = [
      answers.filter(isRefusal),
      answers.filter((one) => !isRefusal(one)),
    ];
    expect(refusals).toMatchObject([{ id, error: { code } }]);
    expect(others).toMatchObject([{ id: 1 }, { id: 99, result: {} }]);
  },
);

function isRefusal(answer: object): boolean {
  return "error" in answer;
}
