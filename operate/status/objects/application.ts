import { at, listAt, momentAt, numberAt, textAt } from "../../../tools/values.ts";
import { conditionsOf, type Condition } from "./conditions.ts";
import { identityOf, type Identity } from "./identity.ts";

/** An object that Argo CD keeps for an Application, where there is something to say about it. */
export type Managed = {
  kind: string;
  namespace: string;
  name: string;
  /** In Git no more, but still there. */
  toPrune: boolean;
  outOfSync: boolean;
  health: { status: string; message: string } | undefined;
};

export type Operation = {
  /** Running, Succeeded, Failed, Error, Terminating */
  phase: string;
  message: string;
  started: number | undefined;
  finished: number | undefined;
  retries: number;
  /** Objects that were refused, and why. */
  failed: { object: string; message: string }[];
};

export type Application = Identity & {
  project: string;
  source: { repository: string; ref: string; path: string };
  sync: string;
  health: { status: string; message: string; since: number | undefined };
  revision: string;
  reconciled: number | undefined;
  conditions: Condition[];
  operation: Operation | undefined;
  /** Out of sync or unhealthy: thousands of well ones would only take memory. */
  concerns: Managed[];
  /** Objects that wait for somebody's word when the Application goes. */
  confirmable: string[];
  /** Argo CD's own annotation that gives that word. */
  deletionApproved: number | undefined;
  hasFinalizer: boolean;
  selfHeals: boolean;
};

export function applicationOf(object: unknown): Application {
  const resources = listAt(object, "status", "resources");
  return {
    ...identityOf(object),
    project: textAt(object, "spec", "project") ?? "",
    source: {
      repository: textAt(object, "spec", "source", "repoURL") ?? "",
      ref: textAt(object, "spec", "source", "targetRevision") ?? "",
      path: textAt(object, "spec", "source", "path") ?? "",
    },
    sync: textAt(object, "status", "sync", "status") ?? "Unknown",
    health: {
      status: textAt(object, "status", "health", "status") ?? "Unknown",
      message: textAt(object, "status", "health", "message") ?? "",
      since: momentAt(object, "status", "health", "lastTransitionTime"),
    },
    revision: revisionOf(object),
    reconciled: momentAt(object, "status", "reconciledAt"),
    conditions: conditionsOf(object),
    operation: operationOf(at(object, "status", "operationState")),
    concerns: resources.map(managedOf).filter((each) => each.outOfSync || isIll(each)),
    confirmable: resources
      .filter((each) => at(each, "requiresDeletionConfirmation") === true)
      .map((each) => objectName(managedOf(each))),
    deletionApproved: momentAt(
      object,
      "metadata",
      "annotations",
      "argocd.argoproj.io/deletion-approved",
    ),
    hasFinalizer: listAt(object, "metadata", "finalizers").some((name) =>
      String(name).startsWith("resources-finalizer.argocd.argoproj.io"),
    ),
    selfHeals: at(object, "spec", "syncPolicy", "automated", "selfHeal") === true,
  };
}

/** Where Argo CD could not look into Git, `sync.revision` is the ref's name: then what was synced last. */
const revisionOf = (object: unknown): string =>
  [
    textAt(object, "status", "sync", "revision"),
    textAt(object, "status", "operationState", "syncResult", "revision"),
  ].find((each) => each !== undefined && /^[0-9a-f]{40,64}$/.test(each)) ?? "";

/** Like `Deployment tenant-acme/log-service`. */
export const objectName = ({ kind, namespace, name }: Managed): string =>
  // Of a Namespace that was refused Argo CD tells its own name twice.
  `${kind} ${namespace === "" || kind === "Namespace" ? name : `${namespace}/${name}`}`;

const isIll = ({ health }: Managed): boolean =>
  health !== undefined && !["Healthy", "Progressing", "Suspended"].includes(health.status);

function managedOf(resource: unknown): Managed {
  const health = textAt(resource, "health", "status");
  return {
    kind: textAt(resource, "kind") ?? "",
    namespace: textAt(resource, "namespace") ?? "",
    name: textAt(resource, "name") ?? "",
    toPrune: at(resource, "requiresPruning") === true,
    outOfSync: textAt(resource, "status") === "OutOfSync",
    health:
      health === undefined
        ? undefined
        : { status: health, message: textAt(resource, "health", "message") ?? "" },
  };
}

function operationOf(state: unknown): Operation | undefined {
  const phase = textAt(state, "phase");
  if (phase === undefined) return undefined;
  return {
    phase,
    message: textAt(state, "message") ?? "",
    started: momentAt(state, "startedAt"),
    finished: momentAt(state, "finishedAt"),
    retries: numberAt(state, "retryCount") ?? 0,
    failed: listAt(state, "syncResult", "resources")
      .filter((each) => textAt(each, "status") === "SyncFailed")
      .map((each) => ({
        object: objectName(managedOf(each)),
        message: textAt(each, "message") ?? "",
      })),
  };
}

export type ApplicationSet = Identity & {
  conditions: Condition[];
  /** The folders whose subfolders become Applications, like `overlays/home/tenants/*`. */
  folders: string[];
  repository: string;
  ref: string;
};

export function applicationSetOf(object: unknown): ApplicationSet {
  const [git] = listAt(object, "spec", "generators").map((each) => at(each, "git"));
  return {
    ...identityOf(object),
    conditions: conditionsOf(object),
    folders: listAt(git, "directories").flatMap((each) => textAt(each, "path") ?? []),
    repository: textAt(git, "repoURL") ?? "",
    ref: textAt(git, "revision") ?? "",
  };
}
