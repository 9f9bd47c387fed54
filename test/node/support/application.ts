import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Api } from "../../../tools/cluster/api/api.ts";
import { at, listAt, type Manifest, textAt } from "../../../tools/cluster/api/object.ts";
import { reference } from "../../../tools/cluster/node/images.ts";
import { developer, here } from "./here.ts";
import { applyAll, namespaces } from "./tenant.ts";
import { until } from "./until.ts";

/** Where the image has the client library, which the scripts import as they do here. */
const scripts = "/app/test/node/pods";

export interface Application {
  readonly name: string;
  /** A file of test/node/pods. */
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A claim, mounted at /notes. */
  readonly notes?: string;
  /** Whether it is started again when it ends. */
  readonly forever?: boolean;
  /** Elsewhere than in the organization's. */
  readonly namespace?: string;
  /** Who makes it; somebody of the tenant's group when left out. */
  readonly by?: Api;
  /** File below /key -> the record's key in it. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** A team's own pod in the organization's namespace, as `restricted` Pod Security wants it. */
export function application(options: Application): Manifest[] {
  const { name, script, env = {}, notes, forever = false, keys = {} } = options;
  const metadata = { name, namespace: options.namespace ?? namespaces.organization };
  const items = Object.entries(keys).map(([path, key]) => ({ key, path }));
  const source = readFileSync(fileURLToPath(new URL(`../pods/${script}`, import.meta.url)), "utf8");
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [script]: source } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, labels: { "app.kubernetes.io/name": name } },
      spec: {
        restartPolicy: forever ? "Always" : "Never",
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 2,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          runAsGroup: 65532,
          fsGroup: 65532,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "application",
            image: reference(here.images.logService),
            imagePullPolicy: "IfNotPresent",
            command: ["/nodejs/bin/node", `${scripts}/${script}`],
            env: Object.entries(env).map(([of, value]) => ({ name: of, value })),
            resources: {
              requests: { cpu: "50m", memory: "64Mi" },
              limits: { cpu: "500m", memory: "256Mi" },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
            volumeMounts: [
              // A file of its own, no link to one: Node would look for its imports where the link leads.
              {
                name: "script",
                mountPath: `${scripts}/${script}`,
                subPath: script,
                readOnly: true,
              },
              ...(items.length === 0 ? [] : [{ name: "key", mountPath: "/key", readOnly: true }]),
              ...(notes === undefined ? [] : [{ name: "notes", mountPath: "/notes" }]),
            ],
          },
        ],
        volumes: [
          { name: "script", configMap: { name } },
          ...(items.length === 0
            ? []
            : [{ name: "key", secret: { secretName: "log-service-keys", items } }]),
          ...(notes === undefined
            ? []
            : [{ name: "notes", persistentVolumeClaim: { claimName: notes } }]),
        ],
      },
    },
  ];
}

/** Runs a pod to its end. @returns what it left as its last word, JSON. @throws Error with its log when it fails */
export async function runToEnd(options: Application): Promise<unknown> {
  const { by = developer } = options;
  const manifests = application(options);
  await applyAll(by, manifests);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...manifests[1]?.metadata } };
  const ended = await until(`${options.name} ends`, async () => {
    const { body } = await by.get(pod);
    const [status] = listAt(body, "status", "containerStatuses");
    return at(status, "state", "terminated");
  });
  await by.delete(pod);
  // Another may have its name next.
  await until(`${options.name} is gone`, async () =>
    (await by.get(pod)).status === 404 ? true : undefined,
  );
  if (at(ended, "exitCode") !== 0) {
    throw new Error(`${options.name} failed:\n${logOf(pod.metadata.namespace, options.name)}`);
  }
  const said: unknown = JSON.parse(textAt(ended, "message") ?? "null");
  return said;
}

/** What a pod's first container printed, as the node keeps it. */
function logOf(namespace: string | undefined, name: string): string {
  const logs = join(here.folder, "pod-logs");
  const folder = readdirSync(logs).find((each) => each.startsWith(`${namespace}_${name}_`));
  return folder === undefined
    ? ""
    : readFileSync(join(logs, folder, "application", "0.log"), "utf8");
}
