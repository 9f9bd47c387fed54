import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { beforeAll, expect, test } from "vitest";

import { textAt, at, listAt } from "../../tools/cluster/api/object.ts";
import { containersOf, usageOf } from "./support/containers.ts";
import { namespaces, podsOf, tenantUp } from "./support/tenant.ts";
import { networksInUse, tracesOf } from "./support/traces.ts";

/** The log service's work thread ends a minute after there is nothing to do. */
const restMs = 65_000;
const measuredMs = 20_000;

beforeAll(tenantUp);

interface Cost {
  readonly part: string;
  readonly workingSet: number;
  readonly resident: number;
  /** Thousandths of a core, by the processes that run all the time. */
  readonly cpu: number;
  /** The same of what came and went meanwhile: the commands of exec probes. */
  readonly probes: number;
}

async function measure(): Promise<Cost[]> {
  const pods = [...(await podsOf(namespaces.root)), ...(await podsOf(namespaces.mcp))];
  const containers = pods.flatMap((pod) => containersOf(pod));
  const before = containers.map(({ id }) => usageOf(id));
  const started = performance.now();
  await sleep(measuredMs);
  const seconds = (performance.now() - started) / 1000;
  return containers.map(({ name, id }, index) => {
    const first = before[index];
    const last = usageOf(id);
    if (first === undefined) throw new Error(`${name} was not measured`);
    const millicores = (from: number, to: number) => (to - from) / 1e6 / seconds;
    const own = millicores(first.own, last.own);
    const all = millicores(first.cpu, last.cpu);
    return {
      part: name,
      workingSet: last.workingSet,
      resident: last.resident,
      cpu: own,
      probes: Math.max(0, all - own),
    };
  });
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function sum(part: string, costs: readonly Cost[]): Cost {
  const of = (key: "workingSet" | "resident" | "cpu" | "probes") =>
    costs.reduce((total, cost) => total + cost[key], 0);
  return {
    part,
    workingSet: of("workingSet"),
    resident: of("resident"),
    cpu: of("cpu"),
    probes: of("probes"),
  };
}

// Beside each other: the tenant has to be left alone for a minute anyway.
test.concurrent("an idle tenant needs no more than it asks the cluster for", async () => {
  await sleep(restMs);
  const costs = await measure();
  const tenant = costs.filter(({ part }) => part !== "mcp");
  const lines = [
    ...tenant,
    sum("Redis, exporter, log service", tenant),
    ...costs.filter(({ part }) => part === "mcp"),
  ];
  console.log("idle | working set MB | resident MB | CPU m | exec probes' CPU m");
  for (const { part, workingSet, resident, cpu, probes } of lines) {
    console.log(
      [part, megabytes(workingSet), megabytes(resident), cpu.toFixed(1), probes.toFixed(1)].join(
        " | ",
      ),
    );
  }
  expect(costs.map(({ part }) => part).sort()).toEqual(["exporter", "log-service", "mcp", "redis"]);
  const asked = await requests();
  for (const { part, workingSet, cpu, probes } of costs) {
    const request = asked.get(part);
    expect(workingSet).toBeGreaterThan(0);
    expect({
      part,
      fits: workingSet <= (request?.memory ?? 0) && cpu + probes <= (request?.cpu ?? 0),
    }).toEqual({ part, fits: true });
  }
});

test.concurrent("a run that is killed leaves no process, network, control group, mount or folder", async () => {
  const temporary = mkdtempSync(join(tmpdir(), "victim-"));
  const [name, value] = ["NEURALLOG_VICTIM", temporary];
  const before = networksInUse();
  const runner = spawn(
    process.execPath,
    [fileURLToPath(new URL("support/victim.ts", import.meta.url))],
    {
      env: { ...process.env, TMPDIR: temporary, [name]: value },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  for await (const line of createInterface({ input: runner.stdout })) if (line === "ready") break;
  const traces = () => tracesOf(`${name}=${value}`, temporary, before);
  const running = traces();
  expect(running.processes).toBeGreaterThan(5);
  // The node's, and its pod's.
  expect(running.networks).toBeGreaterThanOrEqual(2);
  expect(running.cgroups).toBeGreaterThan(0);
  expect(running.folders).toBe(1);
  runner.kill("SIGKILL");
  const nothing = { processes: 0, networks: 0, cgroups: 0, mounts: 0, folders: 0 };
  await expect.poll(traces, { timeout: 60_000, interval: 200 }).toEqual(nothing);
});

/** What each container requests: bytes, and thousandths of a core. */
async function requests(): Promise<Map<string, { memory: number; cpu: number }>> {
  const pods = [...(await podsOf(namespaces.root)), ...(await podsOf(namespaces.mcp))];
  return new Map(
    pods.flatMap(({ pod }) =>
      listAt(pod, "spec", "containers").map((container) => {
        const request = at(container, "resources", "requests");
        return [
          textAt(container, "name") ?? "",
          {
            memory: 2 ** 20 * Number.parseInt(textAt(request, "memory") ?? "0", 10),
            cpu: Number.parseInt(textAt(request, "cpu") ?? "0", 10),
          },
        ];
      }),
    ),
  );
}
