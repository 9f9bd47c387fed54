import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { freePort } from "../../support/port.ts";
import { startTestService } from "../http/support.ts";
import { connectHttp } from "../mcp/support.ts";
import { temporary, TestProcess, untilStatus } from "./support.ts";

test("the MCP endpoint as a process serves with the key of a file, and exits 0 when told to", async () => {
  await using service = await startTestService();
  service.access.writeHash("plain", `${service.key("admin")}\n`);
  const port = await freePort();
  await using run = new TestProcess(["mcp"], {
    NEURALLOG_URL: service.url,
    NEURALLOG_KEY_FILE: `${service.access.keysDir}/plain`,
    NEURALLOG_PORT: String(port),
    NEURALLOG_OPS_PORT: "",
    NEURALLOG_COLOUR: "red",
    NODE_ENV: "production",
    TMPDIR: temporary(),
  });
  await untilStatus(`http://127.0.0.1:${port}/health/ready`, 200);
  {
    await using client = await connectHttp("2026-07-28", `http://127.0.0.1:${port}/mcp`, undefined);
    const answer = await client.call("neurallog.log", { records: [{ message: "from a pod" }] });
    expect(answer.output).toMatchObject({ accepted: 1 });
  }
  // What takes types out of modules, some 30 MB, is not loaded, also not for what the first request needs.
  const status = readFileSync(`/proc/${run.child.pid}/status`, "utf8");
  expect(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024).toBeLessThan(135);
  run.child.kill("SIGTERM");
  expect(await run.ended()).toBe(0);
  expect(run.output).toContain("NEURALLOG_COLOUR has no effect");
});
