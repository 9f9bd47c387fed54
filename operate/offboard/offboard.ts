// Off-boarding from its checks to its receipt. The same call again goes on where the last one ended.
import type { ExportManifest } from "../../apps/client/src/index.ts";
import type { Receipt } from "../../generator/record/receipt.ts";
import { failure, OperateError } from "../errors.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import { textAt } from "../../tools/values.ts";
import type { Writer } from "../kubernetes/writer.ts";
import { checkOrganization, checkTenant, type Check, type Facts, type Held } from "./check.ts";
import { findApplication, findClaims, findNamespaces, findPods } from "./cluster.ts";
import { readFollowed } from "./git.ts";
import { leftOutside } from "./outside.ts";
import { progressKey, readProgress, writeProgress, type Leaving } from "./progress.ts";
import {
  approve,
  approveAndRemove,
  removeTenant,
  waitUntilGone,
  writeReceipt,
  type StepOptions,
} from "./steps.ts";

export interface OffboardOptions extends StepOptions {
  readonly tenant: string;
  /** Null for the whole tenant. */
  readonly organization: string | null;
  readonly remote: string;
  readonly ref: string;
  /** A day like 2027-01-31. */
  readonly today: string;
  readonly approved: string | undefined;
  /** The manifest of the export, or why there is none; undefined where none was named. */
  readonly exported: ExportManifest | string | undefined;
  /** What the log service says that it holds, where it was asked. */
  readonly held: Held | undefined;
  readonly dryRun: boolean;
}

export interface Offboarded {
  readonly checks: readonly Check[];
  /** What would be, or was, removed, in its order. */
  readonly removes: readonly string[];
  /** What somebody has to remove by hand. */
  readonly leaves: readonly string[];
  /** Null where a check failed, or nothing was to be done. */
  readonly receipt: Receipt | null;
}

/** Removes a tenant or an organization of it; nothing where any check fails, or in a dry run. */
export async function offboard(writer: Writer, options: OffboardOptions): Promise<Offboarded> {
  const { tenant, organization, root, say } = options;
  const key = progressKey(tenant, organization);
  const progress = await readProgress(writer, key);
  if (progress !== undefined && "done" in progress) {
    if (!options.dryRun) say(`it is done: ${writeReceipt(root, progress.done)}`);
    const { leaves = [] } = progress.done;
    return { checks: [], removes: [], leaves, receipt: progress.done };
  }
  const begun = progress?.leaving;
  const facts = await gather(writer, options, begun);
  const checks = [
    ...(organization === null
      ? checkTenant(facts, options.exported, options.held)
      : checkOrganization(facts, organization)),
    ...(await mayApprove(writer, facts)),
  ];
  const leaving = begun ?? (await plan(writer, options, facts));
  const removes = wordsOf(leaving);
  const { leaves = [] } = leaving.receipt;
  if (checks.some(({ ok }) => !ok) || options.dryRun)
    return { checks, removes, leaves, receipt: null };
  if (begun === undefined) {
    await writeProgress(writer, key, leaving);
    say(`${tenant} is in neurallog-system/offboarded: from here on nothing makes it anew`);
  } else {
    say("going on where an earlier run ended");
  }
  return { checks, removes, leaves, receipt: await removeTenant(writer, leaving, options) };
}

/** Asked before anything is touched: who may not approve would end half-way. */
async function mayApprove(writer: Writer, { namespaces }: Facts): Promise<Check[]> {
  for (const { name, uid, isEnding } of namespaces) {
    if (isEnding) continue;
    try {
      await approve(writer, { name, uid }, true);
    } catch (error) {
      if (!(error instanceof OperateError) || !["refused", "forbidden"].includes(error.code))
        throw error;
      return [
        { ok: false, says: `you may not approve of the deletion of ${name}: ${error.message}` },
      ];
    }
  }
  return [];
}

async function gather(
  writer: Writer,
  options: OffboardOptions,
  begun: Leaving | undefined,
): Promise<Facts> {
  const { tenant, organization, root, remote, ref, today, approved } = options;
  const namespaces = await findNamespaces(writer, tenant, organization);
  const known =
    begun === undefined
      ? undefined
      : new Map(begun.receipt.namespaces.map(({ name, uid }) => [name, uid]));
  return {
    tenant,
    today,
    approved,
    followed: readFollowed(root, remote, ref, tenant),
    begun: known,
    application: await findApplication(writer, tenant),
    // Argo CD makes an organization's anew, closed and empty, until Git has forgotten it: that is no news.
    namespaces:
      organization !== null && known !== undefined
        ? namespaces.filter(({ name, uid }) => known.get(name) === uid)
        : namespaces,
  };
}

async function plan(writer: Writer, options: OffboardOptions, facts: Facts): Promise<Leaving> {
  const { tenant, organization, exported } = options;
  const { namespaces, application, followed, today } = facts;
  const claims = await findClaims(
    writer,
    namespaces.map(({ name }) => name),
  );
  return {
    state: "leaving",
    application: organization === null ? (application?.uid ?? null) : null,
    volumes: claims.flatMap(({ namespace, name, uid, volume }) =>
      volume === undefined || volume === ""
        ? []
        : [{ name: volume, claim: `${namespace}/${name}`, uid }],
    ),
    receipt: {
      tenant,
      organization,
      cluster: followed.record?.cluster ?? "unknown",
      retireAfter: organization === null ? (followed.record?.retireAfter ?? null) : null,
      // Of this step; the last one sets it again.
      offboarded: `${today}T00:00:00.000Z`,
      by: await whoAmI(writer),
      namespaces: namespaces.map(({ name, uid }) => ({ name, uid })),
      volumes: [],
      ...(organization !== null || followed.record === undefined
        ? {}
        : { leaves: leftOutside(followed.record, followed.cluster) }),
      export:
        exported === undefined || typeof exported === "string"
          ? null
          : {
              file: exported.file,
              sha256: exported.sha256,
              records: exported.records,
              taken: exported.taken,
            },
    },
  };
}

function wordsOf({ receipt, application, volumes }: Leaving): string[] {
  return [
    ...(application === null ? [] : [`Application argocd/tenant-${receipt.tenant}`]),
    ...receipt.namespaces.map(({ name, uid }) => `namespace ${name} (${uid}), and all in it`),
    ...volumes.map(({ name, claim }) => `volume ${name} of ${claim}`),
  ];
}

const REVIEWS: Kind = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "selfsubjectreviews",
};

/** Whom the API server takes the caller for: what a kubeconfig calls its user is a name on this machine. */
async function whoAmI(writer: Writer): Promise<string> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const answer = await writer.create(REVIEWS, undefined, review);
  return (textAt(answer, "status", "userInfo", "username") ?? "unknown").slice(0, 300);
}

/**
 * Removes namespaces of a tenant that Git does not have any more: an organization's that was made anew before its pull
 * request landed, or the one of an MCP endpoint that was switched off. Only what is empty: no pod, no claim.
 */
export async function removeLeftovers(
  writer: Writer,
  options: Omit<OffboardOptions, "exported" | "held" | "organization">,
): Promise<Offboarded> {
  const { tenant, root, remote, ref, approved, dryRun, say } = options;
  const followed = readFollowed(root, remote, ref, tenant);
  if (followed.record === undefined || followed.namespaces.size === 0)
    throw failure("offboard-leftovers", { tenant });
  const found = await findNamespaces(writer, tenant, null);
  const left = found.filter(({ name }) => !followed.namespaces.has(name));
  const names = left.map(({ name }) => name);
  const pods = await findPods(writer, names);
  const claims = await findClaims(writer, names);
  const checks: Check[] = [
    ...left.map(({ name }) => ({ ok: true, says: `Git has no namespace ${name} any more` })),
    ...pods.map((pod) => ({ ok: false, says: `${pod} is a pod: what runs is no leftover` })),
    ...claims.map(({ namespace, name }) => ({
      ok: false,
      says: `${namespace}/${name} is a claim: what holds data is no leftover`,
    })),
    approved === tenant
      ? { ok: true, says: `the removal was approved` }
      : { ok: left.length === 0, says: `say --approve ${tenant}` },
  ];
  const removes = left.map(({ name, uid }) => `namespace ${name} (${uid})`);
  if (dryRun || checks.some(({ ok }) => !ok)) return { checks, removes, leaves: [], receipt: null };
  for (const { name, uid } of left) {
    await approveAndRemove(writer, name, uid);
    say(`namespace ${name} is being deleted`);
  }
  const checked = new Map(left.map(({ name, uid }) => [name, uid]));
  await waitUntilGone(writer, tenant, null, checked, options);
  return { checks, removes, leaves: [], receipt: null };
}
