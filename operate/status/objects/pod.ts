import { at, listAt, momentAt, numberAt, textAt, textsAt } from "../../../tools/values.ts";
import { conditionsOf } from "./conditions.ts";
import { identityOf, type Identity } from "./identity.ts";

export type Termination = { reason: string; exitCode: number | undefined; at: number | undefined };

export type Pod = Identity & {
  /** Like `log-service` or `redis`: the label app.kubernetes.io/name. */
  app: string;
  phase: string;
  ready: boolean;
  restarts: number;
  /** Why it does not run, by container: ImagePullBackOff, Unschedulable, … */
  waiting: { container: string; reason: string; message: string }[];
  /** The last time that each container ended. */
  last: (Termination & { container: string })[];
  /** Its container ports by name. */
  ports: Readonly<Record<string, number>>;
};

export function podOf(object: unknown): Pod {
  const statuses = [
    ...listAt(object, "status", "initContainerStatuses"),
    ...listAt(object, "status", "containerStatuses"),
  ];
  const conditions = conditionsOf(object);
  const phase = textAt(object, "status", "phase") ?? "Unknown";
  return {
    ...identityOf(object),
    app: textsAt(object, "metadata", "labels")["app.kubernetes.io/name"] ?? "",
    phase,
    ready: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    restarts: statuses.reduce<number>(
      (sum, status) => sum + (numberAt(status, "restartCount") ?? 0),
      0,
    ),
    waiting: [...unscheduled(object), ...refused(object, phase), ...statuses.flatMap(waitingOf)],
    last: statuses.flatMap(lastOf),
    ports: Object.fromEntries(
      listAt(object, "spec", "containers")
        .flatMap((container) => listAt(container, "ports"))
        .map((port) => [textAt(port, "name") ?? "", numberAt(port, "containerPort") ?? 0]),
    ),
  };
}

function waitingOf(status: unknown): Pod["waiting"] {
  const waiting = at(status, "state", "waiting");
  const reason = textAt(waiting, "reason");
  // What every pod goes through on its way.
  if (reason === undefined || reason === "ContainerCreating" || reason === "PodInitializing") {
    return [];
  }
  const message = textAt(waiting, "message") ?? "";
  return [{ container: textAt(status, "name") ?? "", reason, message }];
}

function unscheduled(object: unknown): Pod["waiting"] {
  return conditionsOf(object)
    .filter(({ type, status }) => type === "PodScheduled" && status === "False")
    .map(({ reason, message }) => ({ container: "", reason: reason ?? "Unschedulable", message }));
}

/** Evicted, UnexpectedAdmissionError: the pod's own reason, without a container's. */
function refused(object: unknown, phase: string): Pod["waiting"] {
  const reason = textAt(object, "status", "reason");
  if (phase !== "Failed" || reason === undefined) return [];
  return [{ container: "", reason, message: textAt(object, "status", "message") ?? "" }];
}

function lastOf(status: unknown): Pod["last"] {
  const ended = at(status, "state", "terminated") ?? at(status, "lastState", "terminated");
  const reason = textAt(ended, "reason");
  if (reason === undefined) return [];
  return [
    {
      container: textAt(status, "name") ?? "",
      reason,
      exitCode: numberAt(ended, "exitCode"),
      at: momentAt(ended, "finishedAt"),
    },
  ];
}
