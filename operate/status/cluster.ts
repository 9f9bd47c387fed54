import type { Parts } from "./parts.ts";

/** Which cluster of the repository this is, and what Argo CD follows, as Argo CD's own objects say. */
export function whereabouts(parts: Parts): { cluster: string | null; ref: string | null } {
  const sets = parts.applicationSets.values().filter(({ name }) => name === "tenants");
  const applications = parts.applications.values().filter(({ project }) => project === "tenants");
  const folders = [
    ...sets.flatMap((set) => set.folders),
    ...applications.map(({ source }) => source.path),
  ];
  const cluster = most(
    folders.flatMap((folder) => /^overlays\/([^/*]+)\/tenants\//.exec(folder)?.[1] ?? []),
  );
  const refs = [...sets.map(({ ref }) => ref), ...applications.map(({ source }) => source.ref)];
  return { cluster, ref: most(refs.filter((ref) => ref !== "")) };
}

/** The commonest: one Application that somebody pointed elsewhere must not decide. */
function most(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a);
  return first?.[0] ?? null;
}
