// What runs in the cluster beside the API server: Argo CD, controllers, the policy engine.
import type { Prerequisites } from "../../generator/record/schema/prerequisites.ts";
import { KINDS, type Kind } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { listAt, numberAt, textAt, textsAt } from "../../tools/values.ts";
import { attempt, check, isAtLeast, type Check } from "./check.ts";

/** What Argo CD core is made of. Its user interface and its log-in service are nobody's need here. */
const COMPONENTS = [
  { kind: KINDS.statefulSets, name: "argocd-application-controller" },
  { kind: KINDS.deployments, name: "argocd-repo-server" },
  { kind: KINDS.deployments, name: "argocd-applicationset-controller" },
] as const;

export async function checkArgo(reader: Reader, { argocd }: Prerequisites): Promise<Check[]> {
  const { namespace, minimum, settings } = argocd;
  const components = COMPONENTS.map(({ kind, name }) =>
    attempt(`Argo CD's ${name}`, `${minimum} or newer, ready`, async () => {
      const subject = `Argo CD's ${name}`;
      const wanted = `${minimum} or newer, ready`;
      const object = await reader.get(kind, namespace, name);
      if (object === undefined) {
        return [check(false, subject, wanted, `not in namespace ${namespace}`, "install Argo CD")];
      }
      const image = textAt(object, "spec", "template", "spec", "containers", 0, "image") ?? "";
      const version = /:(v?\d[^@]*)/.exec(image.slice(image.lastIndexOf("/") + 1))?.[1];
      const ready = numberAt(object, "status", "readyReplicas") ?? 0;
      const found = `${version ?? "no version in its image"}, ${ready} ready`;
      const isOk = ready > 0 && version !== undefined && isAtLeast(version, minimum) === true;
      return [check(isOk, subject, wanted, found, "see its pods, or upgrade Argo CD")];
    }),
  );
  const said = [...new Set(settings.map(({ configMap }) => configMap))].map((name) =>
    attempt(`ConfigMap ${name}`, "Argo CD's settings", async () => {
      const object = await reader.get(KINDS.configMaps, namespace, name);
      const data = textsAt(object, "data");
      return settings
        .filter(({ configMap }) => configMap === name)
        .map(({ key, value, why }) => {
          const there = data[key] ?? "";
          const words = (text: string) => (text === "" ? "nothing" : text);
          const todo = `kubectl apply --server-side --field-manager=neurallog -f bases/platform/argocd/settings.yaml: ${why}`;
          return check(there === value, `${name}: ${key}`, words(value), words(there), todo);
        });
    }),
  );
  return (await Promise.all([...components, ...said])).flat();
}

export async function checkControllers(
  reader: Reader,
  { controllers, policyEngine }: Prerequisites,
): Promise<Check[]> {
  const engine = policyEngine.daemonSet;
  const checks = [
    ...controllers.map(({ namespace, name, why }) =>
      running(reader, KINDS.deployments, "Deployment", { namespace, name }, why),
    ),
    running(
      reader,
      KINDS.daemonSets,
      "DaemonSet",
      engine,
      `${policyEngine.name} enforces network policies; without it they are paper`,
    ),
  ];
  return (await Promise.all(checks)).flat();
}

function running(
  reader: Reader,
  kind: Kind,
  word: "Deployment" | "DaemonSet",
  { namespace, name }: { namespace: string; name: string },
  why: string,
): Promise<Check[]> {
  const subject = `${word} ${namespace}/${name}`;
  return attempt(subject, "ready", async () => {
    const object = await reader.get(kind, namespace, name);
    if (object === undefined) {
      return [check(false, subject, "ready", "not there", `install it: ${why}`)];
    }
    const [ready, wanted] =
      word === "Deployment"
        ? [
            numberAt(object, "status", "readyReplicas") ?? 0,
            numberAt(object, "spec", "replicas") ?? 1,
          ]
        : [
            numberAt(object, "status", "numberReady") ?? 0,
            numberAt(object, "status", "desiredNumberScheduled") ?? 0,
          ];
    const conditions = listAt(object, "status", "conditions").map((each) =>
      textAt(each, "message"),
    );
    const found = `${ready} of ${wanted} ready`;
    const todo = conditions.find((message) => message !== undefined) ?? "see its pods";
    return [check(ready > 0 && ready >= wanted, subject, "ready", found, todo)];
  });
}
