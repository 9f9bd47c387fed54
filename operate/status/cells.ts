import { bytes } from "../../apps/cli/src/output/columns.ts";
import { plain } from "../text.ts";
import type { Memory, TenantStatus } from "./shape.ts";

// What stands in the cells of tables. Every text of the cluster comes through `plain`.

export const shortRevision = (revision: string | null): string =>
  revision === null ? "-" : plain(revision.slice(0, 7));

export function revisionCell({ application }: TenantStatus): string {
  if (application === null) return "-";
  const { behind } = application;
  const distance = behind === null || behind === 0 ? "" : ` -${behind}`;
  return `${shortRevision(application.revision)}${distance}`;
}

export function podsCell({ workloads }: TenantStatus): string {
  const sum = (of: (each: TenantStatus["workloads"][number]) => number) =>
    workloads.reduce((total, each) => total + of(each), 0);
  return workloads.length === 0
    ? "-"
    : `${sum(({ ready }) => ready)}/${sum(({ wanted }) => wanted)}`;
}

export const restartsOf = ({ pods }: TenantStatus): number =>
  pods.reduce((sum, { restarts }) => sum + restarts, 0);

/** The fullest of what rollouts and others fill. */
export function quotaCell({ namespaces }: TenantStatus): string {
  const uses = namespaces
    .flatMap(({ quota }) => quota)
    .filter(({ key }) => /^(?:pods|(?:requests|limits)\.(?:cpu|memory))$/.test(key))
    .toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0));
  const [fullest] = uses;
  if (fullest === undefined || fullest.percent === null) return "-";
  return `${fullest.percent} % ${plain(fullest.key)}`;
}

export function volumesCell({ volumes }: TenantStatus): string {
  if (volumes.length === 0) return "-";
  const unbound = volumes.filter(({ phase }) => phase !== "Bound");
  const sizes = volumes.map(({ size, requested }) => plain(size || requested, 20)).join(" + ");
  return unbound.length === 0 ? sizes : `${sizes} ${plain(unbound[0]?.phase ?? "", 20)}`;
}

export function memoryCell(memory: Memory): string {
  if ("unreadable" in memory) return "-";
  const most =
    memory.maxBytes === null || memory.maxBytes === 0 ? "" : ` of ${bytes(memory.maxBytes)}`;
  return `${bytes(memory.usedBytes)}${most}`;
}

export function stateCell({ state, retireAfter }: TenantStatus): string {
  return state === "retiring" && retireAfter !== null
    ? `retiring until ${plain(retireAfter, 20)}`
    : state;
}

/** How long ago, like `3 min`; empty where nobody knows. */
export function ago(moment: string | null, now: string): string {
  if (moment === null) return "";
  const seconds = Math.max(0, Math.round((Date.parse(now) - Date.parse(moment)) / 1000));
  if (Number.isNaN(seconds)) return "";
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} days`;
}
