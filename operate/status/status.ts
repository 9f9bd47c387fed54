import type { OperateError } from "../errors.ts";
import { judgePlatform } from "./platform.ts";
import { judgeTenant, verdictOf, type Around } from "./judge/tenant.ts";
import type { Parts } from "./parts.ts";
import { isoOf } from "./problems.ts";
import type { InGit } from "./repository.ts";
import type { Gap, Memory, Problem, Status } from "./shape.ts";
import { byTenant, nothing } from "./sorted.ts";

/** What a status is put together from, beside the objects. */
export type Surroundings = {
  context: string;
  server: string;
  cluster: string | null;
  inGit: InGit;
  now: number;
  /** One tenant alone, or all. */
  tenant?: string;
  outOfSync: ReadonlyMap<string, number>;
  memory(tenant: string): Memory;
  warnings: readonly Problem[];
  /** What else could not be read. */
  gaps: readonly Gap[];
};

export function statusOf(parts: Parts, surroundings: Surroundings): Status {
  const { inGit, now, tenant } = surroundings;
  const owners = byTenant(parts);
  const around: Omit<Around, "memory"> = {
    now,
    inGit,
    knowsApplications: parts.applications.gap === undefined,
    knowsNamespaces: parts.namespaces.gap === undefined,
    receipts: new Set(parts.receipts.values().flat()),
    outOfSync: surroundings.outOfSync,
    warnings: surroundings.warnings,
  };
  const ids = tenant === undefined ? idsOf(owners.keys(), around) : [tenant];
  const tenants = ids.map((id) =>
    judgeTenant(id, owners.get(id) ?? nothing(), { ...around, memory: surroundings.memory(id) }),
  );
  const problems = judgePlatform(parts);
  const gaps = [...gapsOf(parts), ...surroundings.gaps];
  return {
    format: "neurallog-status/1",
    at: isoOf(now) ?? "",
    context: surroundings.context,
    server: surroundings.server,
    cluster: surroundings.cluster,
    followed: inGit.followed,
    verdict: worst(
      tenants.map(({ verdict }) => verdict),
      verdictOf(problems, false, gaps.length === 0),
    ),
    tenants,
    problems,
    gaps,
  };
}

/** Whether anything at all says that there is, or was, such a tenant. */
export function isKnown(parts: Parts, inGit: InGit, tenant: string): boolean {
  return (
    byTenant(parts).has(tenant) ||
    inGit.overlays?.has(tenant) === true ||
    parts.receipts.values().flat().includes(tenant)
  );
}

function idsOf(owners: Iterable<string>, { inGit, receipts }: Omit<Around, "memory">): string[] {
  // Off-boarded ones are history, but for those that something is left of.
  const left = [...receipts].filter((id) => inGit.overlays?.has(id) === true);
  return [...new Set([...owners, ...(inGit.overlays ?? []), ...left])].toSorted();
}

const ORDER: readonly Status["verdict"][] = ["well", "changing", "unknown", "wrong"];

const worst = (verdicts: readonly Status["verdict"][], first: Status["verdict"]) =>
  verdicts.reduce((most, each) => (ORDER.indexOf(each) > ORDER.indexOf(most) ? each : most), first);

function gapsOf(parts: Parts): Gap[] {
  return Object.values(parts).flatMap(({ gap, hides }) =>
    gap === undefined ? [] : [gapOf(gap, hides)],
  );
}

export const gapOf = ({ code, message }: OperateError, hides: string): Gap => ({
  code,
  message,
  hides,
});
