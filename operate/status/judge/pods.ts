import { RESTARTS_NOTICE } from "../../limits.ts";
import { keyOf } from "../objects/identity.ts";
import type { Conditioned } from "../objects/conditioned.ts";
import type { Pod } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { found, told } from "../problems.ts";
import type { Problem } from "../shape.ts";

/** Pulling an image and loading Redis take minutes at most; the start-up probe has the last word before. */
const LONG_MILLISECONDS = 5 * 60 * 1000;

/** An end that is this long ago is history. */
const RECENT_MILLISECONDS = 60 * 60 * 1000;

export function judgePods(pods: readonly Pod[], now: number): Problem[] {
  return pods.flatMap((pod) => judgePod(pod, now));
}

function judgePod(pod: Pod, now: number): Problem[] {
  const subject = `Pod ${keyOf(pod)}`;
  const problems = pod.waiting.map(({ container, reason, message }) =>
    told(
      pod.phase === "Failed" ? "notice" : "wrong",
      container === "" ? subject : `${subject}, container ${container}`,
      message === "" ? reason : `${reason}: ${message}`,
      pod.created,
    ),
  );
  for (const { container, reason, exitCode, at } of pod.last) {
    const recent = at === undefined || now - at < RECENT_MILLISECONDS;
    if (!recent || (reason === "Completed" && pod.ready)) continue;
    const words = `${reason}${exitCode === undefined ? "" : `, exit code ${exitCode}`}`;
    const severity = pod.ready || pod.phase === "Failed" ? "notice" : "wrong";
    problems.push(told(severity, `${subject}, container ${container}`, words, at));
  }
  if (problems.length > 0) return problems;
  const age = pod.created === undefined ? 0 : now - pod.created;
  if (pod.deleting !== undefined && now - pod.deleting > LONG_MILLISECONDS) {
    const words = {
      code: "stuck-terminating",
      means: "the pod has been ending for minutes",
      todo: "is its node there? Until it has ended, nothing takes its place on its volume",
    };
    problems.push(found("wrong", subject, words, "", pod.deleting));
  } else if (!pod.ready && pod.phase !== "Succeeded" && age > LONG_MILLISECONDS) {
    const words = {
      code: "not-ready",
      means: "the pod has run for minutes without being ready",
      todo: "kubectl logs shows what it says, kubectl describe its events",
    };
    problems.push(found("wrong", subject, words, "", pod.created));
  }
  if (pod.restarts >= RESTARTS_NOTICE) {
    const words = {
      code: "restarts",
      means: "the pod's containers were restarted again and again",
      todo: "kubectl logs --previous shows their last words",
    };
    problems.push(found("notice", subject, words, `${pod.restarts} restarts`));
  }
  return problems;
}

export function judgeWorkloads(workloads: readonly Workload[]): {
  problems: Problem[];
  changing: boolean;
} {
  const problems = workloads.flatMap((workload) =>
    workload.conditions
      .filter(
        ({ type, status }) =>
          (type === "ReplicaFailure" && status === "True") ||
          (type === "Progressing" && status === "False"),
      )
      .map(({ message, since, type }) =>
        told("wrong", `${workload.kind} ${keyOf(workload)}`, message, since, {
          code: type === "Progressing" ? "rollout-stuck" : "pods-refused",
          means: type === "Progressing" ? "the rollout makes no progress" : "no pod can be made",
          todo: "its pods say why",
        }),
      ),
  );
  const changing = workloads.some(
    ({ ready, wanted, updated, observed }) => ready < wanted || updated < wanted || !observed,
  );
  return { problems, changing };
}

/** Conditions that say, by False, that an object does not do what it is for. */
const WORKING: readonly string[] = [
  "AbleToScale",
  "ScalingActive",
  "Accepted",
  "ResolvedRefs",
  "Ready",
];

export const judgeConditioned = (objects: readonly Conditioned[]): Problem[] =>
  objects.flatMap((object) =>
    object.conditions
      .filter(({ type, status }) => status === "False" && WORKING.includes(type))
      .map(({ type, reason, message, since }) =>
        told("wrong", `${object.kind} ${keyOf(object)}`, `${reason ?? type}: ${message}`, since, {
          code: WORDS[object.kind].code,
          means: WORDS[object.kind].means,
          todo: WORDS[object.kind].todo,
        }),
      ),
  );

const WORDS = {
  HorizontalPodAutoscaler: {
    code: "no-autoscaling",
    means: "the autoscaler cannot do its work: replicas stay as they are",
    todo: "its message says what it lacks",
  },
  HTTPRoute: {
    code: "not-routed",
    means: "the Gateway does not take the tenant's hosts: nobody reaches it from outside",
    todo: "its message says what the Gateway refuses",
  },
  ExternalSecret: {
    code: "no-secret",
    means: "a Secret does not arrive from the vault",
    todo: "is it in the vault, and may this tenant's role read it?",
  },
} as const;
