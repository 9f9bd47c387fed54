import { objectName, type Application } from "../objects/application.ts";
import { bounded, found, told } from "../problems.ts";
import type { Problem, TenantStatus } from "../shape.ts";

/** Argo CD compares every few minutes. After an hour without it, it does not run or cannot keep up. */
const STALE_MILLISECONDS = 60 * 60 * 1000;

/** Of an operation's refused objects: the first ones say what the others would. */
const MOST_FAILED = 5;

export type Judged = Pick<TenantStatus, "drift" | "confirmations" | "problems"> & {
  /** Worth telling only where nothing else says why. */
  consequences: Problem[];
  changing: boolean;
};

/** What an Application says about its tenant. */
export function judgeApplication(application: Application, now: number): Judged {
  const problems = [
    ...conditions(application),
    ...operation(application),
    ...settings(application, now),
  ];
  const confirmations = waitingFor(application);
  problems.push(...comparison(application, problems));
  return {
    drift: application.concerns.map((each) => ({
      object: objectName(each),
      outOfSync: each.outOfSync,
      toPrune: each.toPrune,
      health: each.health?.status ?? null,
    })),
    confirmations,
    problems,
    consequences: illness(application),
    changing: isRunning(application) || application.health.status === "Progressing",
  };
}

const subjectOf = ({ name }: Application): string => `Application ${name}`;

const isRunning = ({ operation: state }: Application): boolean =>
  state?.phase === "Running" || state?.phase === "Terminating";

const conditions = (application: Application): Problem[] =>
  application.conditions.map(({ type, message, since }) =>
    told(
      type.endsWith("Warning") ? "notice" : "wrong",
      subjectOf(application),
      `${type}: ${message}`,
      since,
    ),
  );

function operation(application: Application): Problem[] {
  const state = application.operation;
  if (state === undefined) return [];
  const { phase, message, failed, retries, started, finished } = state;
  const bad = phase === "Failed" || phase === "Error" || (phase === "Running" && retries > 0);
  const since = finished ?? started;
  if (!bad) return [];
  const refused = failed
    .slice(0, MOST_FAILED)
    .map(({ object, message: why }) => told("wrong", object, why, since));
  if (refused.length > 0) return refused;
  return [
    told("wrong", subjectOf(application), message, since, {
      code: "sync-failed",
      means: "Argo CD could not apply the commit",
      todo: "it tries again by itself; its message says what refused",
    }),
  ];
}

function settings(application: Application, now: number): Problem[] {
  const problems: Problem[] = [];
  const subject = subjectOf(application);
  if (!application.selfHeals) {
    problems.push(
      found("wrong", subject, {
        code: "self-heal-off",
        means:
          "somebody switched automated sync or self-heal off: drift stays, commits are not applied",
        todo: "take the change back; the ApplicationSet sets it again at its next round",
      }),
    );
  }
  if (application.hasFinalizer) {
    problems.push(
      found("wrong", subject, {
        code: "finalizer",
        means: "deleting this Application would delete everything that it manages",
        todo: "take the finalizer resources-finalizer.argocd.argoproj.io off",
      }),
    );
  }
  const { reconciled } = application;
  if (reconciled !== undefined && now - reconciled > STALE_MILLISECONDS) {
    problems.push(
      found(
        "wrong",
        subject,
        {
          code: "not-compared",
          means: "Argo CD has not compared this tenant with Git for over an hour",
          todo: "look at the application controller in the namespace argocd",
        },
        "",
        reconciled,
      ),
    );
  }
  return problems;
}

/** Out of sync, unknown or ill, where no error has said why. */
function comparison(application: Application, known: readonly Problem[]): Problem[] {
  const subject = subjectOf(application);
  const problems: Problem[] = [];
  const kept = application.concerns.filter(({ toPrune }) => toPrune);
  const drifted = application.concerns.filter((each) => each.outOfSync && !each.toPrune);
  if (kept.length > 0) {
    problems.push(
      found(
        "wrong",
        subject,
        {
          code: "kept-object",
          means: "objects that Git no longer has are kept, as no commit may delete them",
          todo: "revert the commit that dropped them; what is meant to go goes by npm run offboard",
        },
        namesOf(kept),
      ),
    );
  }
  if (known.some(({ severity }) => severity === "wrong")) return problems;
  if (application.sync === "Unknown") {
    problems.push(
      found("wrong", subject, {
        code: "sync-unknown",
        means: "Argo CD cannot tell whether the tenant is as Git says, and gives no reason",
        todo: "look at the application controller and the repo-server in the namespace argocd",
      }),
    );
  } else if (drifted.length > 0 && !isRunning(application)) {
    problems.push(
      found(
        "wrong",
        subject,
        {
          code: "drift",
          means: "objects are not as Git says",
          todo: "Argo CD heals them by itself within seconds; if they stay, somebody changes them again and again",
        },
        namesOf(drifted),
      ),
    );
  }
  return problems;
}

function illness(application: Application): Problem[] {
  const { status, message, since } = application.health;
  if (!["Degraded", "Missing", "Unknown"].includes(status)) return [];
  const ill = application.concerns.filter(({ health }) => health !== undefined);
  const words = ill.map((each) => `${objectName(each)}: ${each.health?.message ?? ""}`);
  return [
    told("wrong", subjectOf(application), words.join("; ") || message, since, {
      code: "unhealthy",
      means: `Argo CD calls the tenant's health ${status}`,
      todo: "see its pods and volumes",
    }),
  ];
}

const namesOf = (objects: Application["concerns"]): string => objects.map(objectName).join(", ");

function waitingFor(application: Application): TenantStatus["confirmations"] {
  const waiting: TenantStatus["confirmations"] = [];
  const { operation: state, deleting, deletionApproved, confirmable } = application;
  const pruning = /waiting for pruning confirmation of (?<object>\S+)/.exec(state?.message ?? "");
  if (state?.phase === "Running" && pruning !== null) {
    const object = pruning.groups?.["object"] ?? "";
    waiting.push({ kind: "prune", object, message: bounded(state.message) });
  }
  if (deleting !== undefined && application.hasFinalizer) {
    const approved = deletionApproved !== undefined && deletionApproved >= deleting;
    for (const object of approved ? [] : confirmable) {
      const message = "the Application is being deleted, and Argo CD waits for a confirmation";
      waiting.push({ kind: "delete", object, message });
    }
  }
  return waiting;
}
