import { canonical } from "./compare/align.ts";
import type { Group, Unit } from "./model/model.ts";

/** What one overlay's change comes to. */
export type Difference = Omit<Group, "units"> & { readonly unit: Unit };

/**
 * Puts changes together that are the same but for the tenants' names, so that a change of a base reads
 * as one. Errors come first, then what is loudest, then the largest; the order of the input does not matter.
 */
export function groupDifferences(differences: readonly Difference[]): Group[] {
  const sorted = differences.toSorted((a, b) => compare(nameOf(a.unit), nameOf(b.unit)));
  const groups = Map.groupBy(sorted, signatureOf);
  return [...groups.values()]
    .flatMap(([first, ...rest]): Group[] => {
      if (first === undefined) return [];
      const { unit, ...same } = first;
      return [{ units: [unit, ...rest.map((each) => each.unit)], ...same }];
    })
    .toSorted((a, b) => rank(a) - rank(b) || b.units.length - a.units.length);
}

const nameOf = ({ kind, cluster, id }: Unit): string => `${kind}/${cluster}/${id}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const LEVELS = ["error", "alarm", "warning", "info"];

function rank({ notes, units: [first] }: Group): number {
  const loudest = Math.min(...notes.map(({ level }) => LEVELS.indexOf(level)), LEVELS.length);
  // What concerns a whole cluster stands before its tenants.
  return loudest * 2 + (first?.kind === "platform" ? 0 : 1);
}

function signatureOf({ unit, objects, gained, lost, notes }: Difference): string {
  const head = `${unit.kind} ${unit.change}`;
  if (unit.kind === "platform") return `${head} ${unit.cluster}`;
  const pattern = patternOf(unit.id);
  const lists = [objects, gained, lost, notes].map((list) =>
    // As a set: one organization more or less makes no other change.
    [...new Set(list.map((each) => pattern(canonical(each))))].sort(),
  );
  return `${head} ${canonical(lists)}`;
}

/** Replaces the names of a tenant's namespaces, and values that are its id alone, by what they have in common. */
function patternOf(id: string): (text: string) => string {
  const names = new RegExp(
    `tenant-${escape(id)}(?:(-org-)[a-z0-9-]*?[a-z0-9](-mcp)?)?(?![a-z0-9-])`,
    "g",
  );
  const folders = new RegExp(`tenants/${escape(id)}(?![a-z0-9-])`, "g");
  const values = new RegExp(`"${escape(id)}"`, "g");
  return (text) =>
    text
      .replaceAll(names, (_, organization?: string, mcp?: string) =>
        organization === undefined ? "tenant-*" : `tenant-*-org-*${mcp ?? ""}`,
      )
      .replaceAll(folders, "tenants/*")
      .replaceAll(values, '"*"');
}

const escape = (text: string): string => text.replaceAll(/[^a-z0-9]/g, String.raw`\$&`);
