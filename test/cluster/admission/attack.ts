import { isManifest } from "../../../tools/cluster/api/object.ts";
import type { Answer, Api, Manifest, Ref } from "../support/api.ts";

import type { Actor } from "./actors.ts";

/** Something that somebody tries. The server only says what it would do: nothing here changes anything. */
export type Attempt = (api: Api) => Promise<Answer>;

export interface Attack {
  /** What is tried; the test's name, and a line of docs/admission.md. */
  name: string;
  /** The policy that refuses it, without `neurallog-`. */
  policy: string;
  attempt: Attempt;
  /** Whom RBAC lets pass and the policy has to stop; the cluster-admin of nobody, unless only another gets as far. */
  by?: Actor;
  /** Who stops the tenant's own people. Its programs have no rights at all: RBAC stops them. */
  owner: "rbac" | "policy";
  /** What is like it and has to pass. */
  twin: { what: string; by: Actor; attempt: Attempt };
}

export type Part = Omit<Attack, "policy">;

/** Attacks that one policy stops. */
export const on = (policy: string, attacks: readonly Part[]): Attack[] =>
  attacks.map((attack) => ({ policy, ...attack }));

const dryRun = true;

export const creates =
  (manifest: Manifest, subresource?: string): Attempt =>
  (api) =>
    api.create(manifest, { dryRun, ...(subresource === undefined ? {} : { subresource }) });

export const merges =
  (ref: Ref, patch: unknown, subresource?: string): Attempt =>
  (api) =>
    api.patch(ref, patch, { dryRun, ...(subresource === undefined ? {} : { subresource }) });

/** A strategic merge: lists of containers are merged by name. */
export const adds =
  (ref: Ref, patch: unknown, subresource?: string): Attempt =>
  (api) =>
    api.patch(ref, patch, {
      dryRun,
      type: "strategic",
      ...(subresource === undefined ? {} : { subresource }),
    });

export const deletes =
  (ref: Ref): Attempt =>
  (api) =>
    api.delete(ref, undefined, { dryRun });

/** All of a kind in a namespace at once. */
export const empties =
  (collection: string): Attempt =>
  (api) =>
    api.request({ method: "DELETE", path: `${collection}?dryRun=All` });

/** Reads an object and puts it back with other labels: `namespaces/finalize` takes nothing less. */
export const relabels =
  (ref: Ref, labels: Readonly<Record<string, string>>, subresource: string): Attempt =>
  async (api) => {
    const answer = await api.get(ref);
    const { body } = answer;
    if (answer.status !== 200 || !isManifest(body)) return answer;
    const metadata = { ...body.metadata, labels: { ...body.metadata.labels, ...labels } };
    return await api.update({ ...body, metadata }, { dryRun, subresource });
  };

/**
 * Opens a connection as far as admission lets it: there is no upgrade, so whoever gets past is told so
 * by the server, or by a node that is not there.
 */
export const connects =
  (path: string, method: "GET" | "POST" = "POST"): Attempt =>
  (api) =>
    api.request({ method, path });
