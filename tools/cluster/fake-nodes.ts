import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Api, expectOk } from "./api/api.ts";
import type { Manifest } from "./api/object.ts";
import { Part } from "./part.ts";

interface Options {
  bin: string;
  assets: string;
  folder: string;
  logs: string;
  kubeconfig: string;
  api: Api;
  count: number;
}

/** Marks the nodes that kwok plays; those of a cluster that somebody brought are left alone. */
const FAKE = "kwok.x-k8s.io/node";

/**
 * How long a deleted pod takes to go, as a Go duration, is a fake pod's own word: so a test has pods
 * that drain slowly. Without it they are gone at once.
 */
export const SLOW_DELETION = "pod-delete.stage.kwok.x-k8s.io/delay";

/** Each as large as a machine that clusters are made of, and with room for the overlays of both clusters. */
const CAPACITY = { cpu: "64", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "500" };

/** Nodes that exist for the API server alone: pods bound to them become Running and Ready at once. */
export async function startFakeNodes(options: Options): Promise<Part> {
  const stages = join(options.folder, "stages.yaml");
  writeFileSync(
    stages,
    withSlowDeletion(readFileSync(join(options.assets, "stages.yaml"), "utf8")),
  );
  const kwok = new Part({
    name: "kwok",
    program: join(options.bin, "kwok"),
    args: [
      `--kubeconfig=${options.kubeconfig}`,
      `--config=${stages}`,
      `--manage-nodes-with-annotation-selector=${FAKE}=fake`,
      "--node-lease-duration-seconds=40",
    ],
    // It asks for the user's own configuration by HOME.
    env: { ...process.env, HOME: options.folder },
    logs: options.logs,
  });
  await Promise.all(
    Array.from({ length: options.count }, async (_, index) => {
      const node = nodeOf(index);
      expectOk("create a node", await options.api.apply(node));
      expectOk("give it room", await options.api.apply(node, { subresource: "status" }));
    }),
  );
  return kwok;
}

/** kwok waits for this before it deletes a pod. */
function withSlowDeletion(stages: string): string {
  const found = stages
    .split(/^---\n/m)
    .map((stage) =>
      /^ {2}name: pod-delete$/m.test(stage)
        ? stage.replace(
            /^spec:\n/m,
            `spec:\n  delay:\n    durationMilliseconds: 0\n    durationFrom:\n      expressionFrom: '.metadata.annotations["${SLOW_DELETION}"]'\n`,
          )
        : stage,
    );
  return found.join("---\n");
}

function nodeOf(index: number): Manifest {
  const name = `fake-${index}`;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { [FAKE]: "fake" },
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": `zone-${index % 3}`,
        type: "kwok",
      },
    },
    status: { capacity: CAPACITY, allocatable: CAPACITY },
  };
}
