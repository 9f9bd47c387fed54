import { createServer } from "node:net";
import { once } from "node:events";

import { expect, test } from "vitest";

import { prepareService, TestProcess } from "./support.ts";

test.each([
  [[], 2],
  [["sreve"], 2],
  [["serve", "--port", "1"], 2],
  [["--help"], 0],
])("the arguments %j are answered with the usage and exit code %i", async (args, code) => {
  await using run = new TestProcess(args, {});
  expect(await run.ended()).toBe(code);
  expect(run.output).toContain("Usage:");
});

test("a configuration with mistakes is told whole, with exit code 1", async () => {
  await using run = new TestProcess(["serve"], {
    NEURALLOG_PORT: "eighty",
    NEURALLOG_REDIS_URL: "redis://app:hunter2@redis:6379",
  });
  expect(await run.ended()).toBe(1);
  for (const name of ["NEURALLOG_TENANT", "NEURALLOG_PORT", "NEURALLOG_REDIS_URL"]) {
    expect(run.output).toContain(name);
  }
  expect(run.output).not.toContain("hunter2");
  expect(run.output).not.toContain("    at ");
});

test("an access file that cannot be read is told, with exit code 1", async () => {
  const setup = await prepareService("redis://127.0.0.1:1");
  await using _access = setup.access;
  await using run = new TestProcess(["serve"], {
    ...setup.env,
    NEURALLOG_ACCESS_FILE: "/nowhere/access.json",
  });
  expect(await run.ended()).toBe(1);
  expect(run.output).toContain("/nowhere/access.json");
  expect(run.output).not.toContain("    at ");
});

test.each(["NEURALLOG_PORT", "NEURALLOG_OPS_PORT"])(
  "a busy port is named, and how to choose another: %s",
  async (variable) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const setup = await prepareService("redis://127.0.0.1:1");
    await using _access = setup.access;
    await using run = new TestProcess(["serve"], { ...setup.env, [variable]: port });
    expect(await run.ended()).toBe(1);
    expect(run.output).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(run.output).toContain(variable);
    other.close();
  },
);

test("every line that serve writes is JSON", async () => {
  const setup = await prepareService("redis://127.0.0.1:1");
  await using _access = setup.access;
  await using run = new TestProcess(["serve"], setup.env);
  await expect.poll(() => run.output).toContain("listens");
  run.child.kill("SIGTERM");
  expect(await run.ended()).toBe(0);
  for (const line of run.output.trim().split("\n")) {
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), tenant: "acme" });
  }
});
