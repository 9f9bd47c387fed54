import { LEVELS } from "../../record/level.ts";
import type { Filter } from "../filter.ts";
import { levelNode, timeNode } from "./columns.ts";
import { fieldNode } from "./fields.ts";
import { both, either, opposite } from "./mask.ts";
import type { Matcher, Selection } from "./matcher.ts";
import type { Node } from "./node.ts";
import { modern } from "./old-filter.ts";
import { needAll, needAny, NO_NEED } from "./tokens.ts";

/** Makes a filter ready. What each kind means stands in docs/query-language.md. */
export function compileFilter(filter: Filter): Matcher {
  const { mayMatch, matchesAll, levels, tokens, needsIds, select, byTemplates } = nodeOf(filter);
  return {
    mayMatch,
    matchesAll,
    levels,
    tokens,
    needsIds,
    ...(byTemplates !== undefined && { byTemplates }),
    bind: (rows, ids, interrupt) => select(rows, { ids, interrupt }, "all"),
  };
}

function nodeOf(filter: Filter): Node {
  switch (filter.kind) {
    case "all":
      return allNode(filter.of.map(nodeOf));
    case "any":
      return anyNode(filter.of.map(nodeOf));
    case "not":
      return notNode(nodeOf(filter.of));
    case "level":
      return levelNode(filter.levels);
    case "time":
      return timeNode(filter);
    case "is":
    case "range":
    case "like":
    case "regex":
    case "exists":
      return fieldNode(filter);
    default:
      return nodeOf(modern(filter));
  }
}

/** Its parts one after the other, cheapest first, each on the rows that the others left. */
function allNode(parts: readonly Node[]): Node {
  const cheapest = parts.toSorted((a, b) => a.cost - b.cost);
  return {
    // Loops, as every search asks this of every header: a function made for each is its garbage.
    mayMatch: (header, namespace) => {
      for (const part of parts) if (!part.mayMatch(header, namespace)) return false;
      return true;
    },
    matchesAll: (header, namespace) => {
      for (const part of parts) if (!part.matchesAll(header, namespace)) return false;
      return true;
    },
    levels: levelsOf(parts, (wanted) => wanted.every(Boolean)),
    tokens: needAll(parts.map(({ tokens }) => tokens)),
    needsIds: parts.some(({ needsIds }) => needsIds),
    cost: total(parts),
    ...byAllTemplates(parts, both),
    select: (rows, look, among) => {
      let left = among;
      for (const part of cheapest) {
        if (left === "none") return "none";
        left = both(left, part.select(rows, look, left));
      }
      return left;
    },
  };
}

function anyNode(parts: readonly Node[]): Node {
  const cheapest = parts.toSorted((a, b) => a.cost - b.cost);
  return {
    mayMatch: (header, namespace) => {
      for (const part of parts) if (part.mayMatch(header, namespace)) return true;
      return false;
    },
    matchesAll: (header, namespace) => {
      for (const part of parts) if (part.matchesAll(header, namespace)) return true;
      return false;
    },
    levels: levelsOf(parts, (wanted) => wanted.some(Boolean)),
    tokens: needAny(parts.map(({ tokens }) => tokens)),
    needsIds: parts.some(({ needsIds }) => needsIds),
    cost: total(parts),
    ...byAllTemplates(parts, either),
    select: (rows, look, among) => {
      let found = both(among, "none");
      for (const part of cheapest) {
        const left = both(among, opposite(found));
        if (left === "none") break;
        found = either(found, both(left, part.select(rows, look, left)));
      }
      return found;
    },
  };
}

function notNode(part: Node): Node {
  const { byTemplates } = part;
  return {
    ...(byTemplates !== undefined && {
      byTemplates: (templates) => {
        const selection = byTemplates(templates);
        return selection === undefined ? undefined : opposite(selection);
      },
    }),
    mayMatch: (header, namespace) => !part.matchesAll(header, namespace),
    matchesAll: (header, namespace) => !part.mayMatch(header, namespace),
    levels: part.levels?.map((wanted) => !wanted),
    // That a token is missing never tells that a block has nothing without it.
    tokens: NO_NEED,
    needsIds: part.needsIds,
    cost: part.cost,
    select: (rows, look, among) => opposite(part.select(rows, look, among)),
  };
}

function byAllTemplates(
  parts: readonly Node[],
  combine: (a: Selection, b: Selection) => Selection,
): Pick<Node, "byTemplates"> {
  const tests = parts.flatMap(({ byTemplates }) => byTemplates ?? []);
  const [first, ...others] = tests;
  if (first === undefined || tests.length < parts.length) return {};
  return {
    byTemplates: (templates) => {
      let selection = first(templates);
      for (const test of others) {
        const other = selection === undefined ? undefined : test(templates);
        if (selection === undefined || other === undefined) return undefined;
        selection = combine(selection, other);
      }
      return selection;
    },
  };
}

function levelsOf(
  parts: readonly Node[],
  combine: (wanted: readonly boolean[]) => boolean,
): readonly boolean[] | undefined {
  const known = parts.map(({ levels }) => levels);
  if (known.includes(undefined)) return undefined;
  return LEVELS.map((_, level) => combine(known.map((wanted) => wanted?.[level] === true)));
}

function total(parts: readonly Node[]): number {
  return parts.reduce((sum, { cost }) => sum + cost, 0);
}
