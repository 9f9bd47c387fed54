import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { beforeAll, test } from "vitest";

import { measure, requests, tableOf } from "./support/cost.ts";
import { tenantUp } from "./support/tenant.ts";
import { networksOf, tracesOf } from "./support/traces.ts";

/** The log service's work thread ends a minute after there is nothing to do. */
const restMs = 65_000;
/** Each probe comes at least once. */
const measuredMs = 20_000;

beforeAll(tenantUp);

// Beside each other: the tenant has to be left alone for a minute anyway. Each with an `expect` of its own: the common
// one belongs to whichever test began last, and is nobody's once that has ended.
test.concurrent("an idle tenant needs no more than it asks the cluster for", async ({ expect }) => {
  await sleep(restMs);
  const { costs, runtime } = await measure(measuredMs);
  console.log(tableOf(costs, runtime));
  expect(costs.map(({ part }) => part).sort()).toEqual(["exporter", "log-service", "mcp", "redis"]);
  const asked = await requests();
  for (const { part, workingSet, resident, cpu, probes } of costs) {
    expect(workingSet).toBeGreaterThan(0);
    expect(resident).toBeLessThanOrEqual(asked.get(part)?.memory ?? 0);
    expect(cpu + probes).toBeLessThanOrEqual(asked.get(part)?.cpu ?? 0);
  }
});

test.concurrent.for(["SIGKILL", "SIGTERM"] as const)(
  "a run that gets %s leaves no process, network, control group, mount or folder",
  async (signal, { expect }) => {
    const temporary = mkdtempSync(join(tmpdir(), "victim-"));
    const [name, value] = ["NEURALLOG_VICTIM", temporary];
    const victim = fileURLToPath(new URL("support/victim.ts", import.meta.url));
    const runner = spawn(process.execPath, [victim], {
      env: { ...process.env, TMPDIR: temporary, [name]: value },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: runner.stdout })) if (line === "ready") break;
    const networks = networksOf(`${name}=${value}`);
    const traces = () => tracesOf(`${name}=${value}`, temporary, networks);
    const running = traces();
    expect(running.processes).toBeGreaterThan(5);
    // The node's, and its pod's.
    expect(running.networks).toBeGreaterThanOrEqual(2);
    expect(running.cgroups).toBeGreaterThan(0);
    expect(running.folders).toBe(1);
    runner.kill(signal);
    const nothing = { processes: 0, networks: 0, cgroups: 0, mounts: 0, folders: 0 };
    await expect.poll(traces, { timeout: 60_000, interval: 200 }).toEqual(nothing);
  },
);
