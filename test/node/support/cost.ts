import { setTimeout as sleep } from "node:timers/promises";

import { at, listAt, textAt } from "../../../tools/cluster/api/object.ts";
import { containersOf, shimOf, usageOf } from "./containers.ts";
import { namespaces, podsOf, type PodSeen } from "./tenant.ts";

/** What one container costs; memory in bytes, CPU in thousandths of a core. */
export interface Cost {
  readonly part: string;
  /** File pages that containerd read when it unpacked the image are not in it. */
  readonly workingSet: number;
  readonly resident: number;
  /** Of the processes that run all the time. */
  readonly cpu: number;
  /** Of what came and went meanwhile: the commands of exec probes. */
  readonly probes: number;
}

/** What a pod costs beside its containers: the shim that holds them, and runc for each exec probe. */
export interface RuntimeCost {
  readonly pod: string;
  readonly resident: number;
  readonly cpu: number;
}

const tenantsPods = async (): Promise<PodSeen[]> => [
  ...(await podsOf(namespaces.root)),
  ...(await podsOf(namespaces.mcp)),
];

/** Watches the tenant's containers for a while. */
export async function measure(ms: number): Promise<{ costs: Cost[]; runtime: RuntimeCost[] }> {
  const pods = await tenantsPods();
  const containers = pods.flatMap((pod) => containersOf(pod));
  const before = containers.map(({ id }) => usageOf(id));
  const shimsBefore = pods.map((pod) => shimOf(pod));
  const started = performance.now();
  await sleep(ms);
  const seconds = (performance.now() - started) / 1000;
  const millicores = (from: number, to: number) => (to - from) / 1e6 / seconds;
  const costs = containers.map(({ name, id }, index) => {
    const first = before[index];
    const last = usageOf(id);
    if (first === undefined) throw new Error(`${name} was not measured`);
    const cpu = millicores(first.own, last.own);
    const probes = Math.max(0, millicores(first.cpu, last.cpu) - cpu);
    const { workingSet, resident } = last;
    return { part: name, workingSet, resident, cpu, probes };
  });
  const runtime = pods.map((pod, index) => {
    const last = shimOf(pod);
    const cpu = millicores(shimsBefore[index]?.cpu ?? 0, last.cpu);
    return { pod: pod.name, resident: last.resident, cpu };
  });
  return { costs, runtime };
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function sum(part: string, costs: readonly Cost[]): Cost {
  const of = (key: "workingSet" | "resident" | "cpu" | "probes") =>
    costs.reduce((total, cost) => total + cost[key], 0);
  const [workingSet, resident] = [of("workingSet"), of("resident")];
  return { part, workingSet, resident, cpu: of("cpu"), probes: of("probes") };
}

/** The table that people read: each part, the tenant's own together, and the MCP endpoint beside it. */
export function tableOf(costs: readonly Cost[], runtime: readonly RuntimeCost[]): string {
  const own = costs.filter(({ part }) => part !== "mcp");
  const others = costs.filter(({ part }) => part === "mcp");
  const rows = [...own, sum("Redis, exporter, log service", own), ...others].map((cost) =>
    [
      cost.part,
      megabytes(cost.workingSet),
      megabytes(cost.resident),
      cost.cpu.toFixed(1),
      cost.probes.toFixed(1),
    ].join(" | "),
  );
  const beside = runtime.map(({ pod, resident, cpu }) =>
    [`shim and runc of ${pod}`, "", megabytes(resident), cpu.toFixed(1), ""].join(" | "),
  );
  const head = "idle | working set MB | resident MB | CPU m | exec probes' CPU m";
  return [head, ...rows, ...beside].join("\n");
}

/** What each container requests: bytes, and thousandths of a core. */
export async function requests(): Promise<Map<string, { memory: number; cpu: number }>> {
  return new Map(
    (await tenantsPods()).flatMap(({ pod }) =>
      listAt(pod, "spec", "containers").map((container) => {
        const request = at(container, "resources", "requests");
        const memory = 2 ** 20 * Number.parseInt(textAt(request, "memory") ?? "0", 10);
        const cpu = Number.parseInt(textAt(request, "cpu") ?? "0", 10);
        return [textAt(container, "name") ?? "", { memory, cpu }];
      }),
    ),
  );
}
