// Removes what was checked, in an order in which a kill at any moment leaves something that the next run finishes:
//   1. the tenant's id goes into neurallog-system/offboarded, with what was found: from here on nothing makes it anew
//   2. its Application is deleted, without what it manages
//   3. its namespaces, each by the uid that was looked at, organizations' first, the root last
//   4. the volumes that its claims had, once they are Released by those very claims
//   5. the receipt, on the cluster and in the work tree
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { receiptFile, receiptText, type Receipt } from "../../generator/record/receipt.ts";
import { failure, OperateError } from "../errors.ts";
import { GONE_POLL_MILLISECONDS } from "../limits.ts";
import { KINDS } from "../kubernetes/kinds.ts";
import { listAt, textAt } from "../../tools/values.ts";
import type { Writer } from "../kubernetes/writer.ts";
import { findApplication, findNamespaces, findPods } from "./cluster.ts";
import { progressKey, writeProgress, type Leaving } from "./progress.ts";

export interface StepOptions {
  readonly root: string;
  /** How long namespaces may take to end. */
  readonly patienceMilliseconds: number;
  readonly say: (line: string) => void;
}

/** The annotation by which the platform's people approve of a namespace's deletion: its own uid. */
export const APPROVAL = "neurallog.dev/deletion-approved";

/** Argo CD's: with it a deleted Application takes along what it manages. */
const CASCADES = "resources-finalizer.argocd.argoproj.io";

/** @param leaving what was checked, as it is in the ConfigMap already */
export async function removeTenant(
  writer: Writer,
  leaving: Leaving,
  options: StepOptions,
): Promise<Receipt> {
  const { receipt } = leaving;
  // An organization's Application is its tenant's, which stays.
  if (receipt.organization === null) await removeApplication(writer, leaving, options);
  await removeNamespaces(writer, leaving, options);
  const volumes = await removeVolumes(writer, leaving, options);
  const done: Receipt = { ...receipt, offboarded: new Date().toISOString(), volumes };
  await writeProgress(writer, progressKey(receipt.tenant, receipt.organization), done);
  writeReceipt(options.root, done);
  return done;
}

/** Into the work tree, whole or not at all. */
export function writeReceipt(root: string, receipt: Receipt): string {
  const file = receiptFile(receipt.tenant, receipt.organization);
  const text = receiptText(receipt);
  const path = join(root, file);
  try {
    if (readFileSync(path, "utf8") === text) return file;
  } catch {
    // It is not there yet.
  }
  mkdirSync(dirname(path), { recursive: true });
  const aside = join(dirname(path), `.${process.pid}.receipt`);
  writeFileSync(aside, text, { flush: true });
  renameSync(aside, path);
  return file;
}

async function removeApplication(
  writer: Writer,
  { receipt: { tenant }, application }: Leaving,
  { say }: StepOptions,
): Promise<void> {
  const found = await findApplication(writer, tenant);
  if (found === undefined) return;
  const name = `tenant-${tenant}`;
  if (found.uid !== application)
    throw failure("offboard-changed", { what: `Application ${name}`, reason: "it was made anew" });
  if (found.finalizers.some((each) => each.startsWith(CASCADES))) {
    await writer.patch(KINDS.applications, "argocd", name, {
      metadata: { finalizers: found.finalizers.filter((each) => !each.startsWith(CASCADES)) },
    });
  }
  await gone(() =>
    writer.remove(KINDS.applications, "argocd", name, { uid: found.uid }, "Background"),
  );
  say(`Application ${name} is deleted; what it managed is untouched by that`);
}

async function removeNamespaces(
  writer: Writer,
  { receipt: { tenant, organization, namespaces } }: Leaving,
  options: StepOptions,
): Promise<void> {
  const checked = new Map(namespaces.map(({ name, uid }) => [name, uid]));
  for (const found of await findNamespaces(writer, tenant, organization)) {
    const { name, uid, isEnding } = found;
    if (checked.get(name) !== uid) {
      // Argo CD makes an organization's anew, closed and empty, until Git has forgotten it.
      if (organization !== null && checked.has(name)) continue;
      throw failure("offboard-changed", {
        what: `namespace ${name}`,
        reason: "it was not there when this was checked",
      });
    }
    if (isEnding) continue;
    await approveAndRemove(writer, name, uid);
    options.say(`namespace ${name} is being deleted`);
  }
  await waitUntilGone(writer, tenant, organization, checked, options);
}

/** Approves of a namespace's deletion; admission judges whether the caller may. */
export async function approve(
  writer: Writer,
  { name, uid }: { name: string; uid: string },
  dryRun = false,
): Promise<void> {
  const metadata = { uid, annotations: { [APPROVAL]: uid } };
  await writer.patch(KINDS.namespaces, undefined, name, { metadata }, dryRun);
}

/** Deletes a namespace by its uid. */
export async function approveAndRemove(writer: Writer, name: string, uid: string): Promise<void> {
  await approve(writer, { name, uid });
  await gone(() => writer.remove(KINDS.namespaces, undefined, name, { uid }));
}

export async function waitUntilGone(
  writer: Writer,
  tenant: string,
  organization: string | null,
  checked: ReadonlyMap<string, string>,
  { patienceMilliseconds, say }: StepOptions,
): Promise<void> {
  const until = Date.now() + patienceMilliseconds;
  let told = 0;
  for (;;) {
    const found = await findNamespaces(writer, tenant, organization);
    const left = found.filter(({ name, uid }) => checked.get(name) === uid).map(({ name }) => name);
    if (left.length === 0) return;
    if (Date.now() > until) {
      const held = await whatHolds(writer, left);
      throw failure("offboard-slow", { namespaces: left.join(", "), held });
    }
    if (Date.now() - told > 10_000) {
      told = Date.now();
      say(`waiting for ${left.join(", ")} to end`);
    }
    await sleep(GONE_POLL_MILLISECONDS);
  }
}

async function whatHolds(writer: Writer, namespaces: readonly string[]): Promise<string> {
  const words: string[] = [];
  for (const name of namespaces) {
    const found = await writer.get(KINDS.namespaces, undefined, name);
    for (const condition of listAt(found, "status", "conditions")) {
      const message = textAt(condition, "message");
      if (textAt(condition, "status") === "True" && message !== undefined) words.push(message);
    }
  }
  const pods = await findPods(writer, namespaces);
  if (pods.length > 0) words.push(`pods: ${pods.slice(0, 5).join(", ")}`);
  return words.join("; ") || "nothing that they say";
}

/** Deletes the objects of volumes that the claims left. Returns the names of those that are gone. */
async function removeVolumes(
  writer: Writer,
  { volumes }: Leaving,
  { say, patienceMilliseconds }: StepOptions,
): Promise<string[]> {
  const removed: string[] = [];
  const until = Date.now() + patienceMilliseconds;
  for (const { name, claim, uid } of volumes) {
    for (;;) {
      const found = await writer.get(KINDS.volumes, undefined, name);
      if (found === undefined) {
        removed.push(name);
        break;
      }
      if (textAt(found, "spec", "claimRef", "uid") !== uid) {
        say(`volume ${name} is not ${claim}'s any more: it stays`);
        break;
      }
      const phase = textAt(found, "status", "phase");
      // The controller needs a moment to see that the claim is gone.
      if (phase !== "Released" && phase !== "Failed") {
        if (Date.now() > until)
          throw failure("offboard-volume", { volume: name, claim, phase: phase ?? "unknown" });
        await sleep(GONE_POLL_MILLISECONDS);
        continue;
      }
      const volumeUid = textAt(found, "metadata", "uid") ?? "";
      await gone(() => writer.remove(KINDS.volumes, undefined, name, { uid: volumeUid }));
      say(
        `volume ${name} of ${claim} is deleted; what its storage keeps behind it is the storage's`,
      );
      removed.push(name);
      break;
    }
  }
  return removed;
}

/** Whoever was faster did the same. */
async function gone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof OperateError) || error.code !== "not-found") throw error;
  }
}
