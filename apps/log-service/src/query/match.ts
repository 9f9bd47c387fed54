import type { BlockHeader } from "../block/header.ts";
import type { BlockRows } from "../block/rows.ts";
import { mayHaveTrace } from "../block/trace-filter.ts";
import { LEVELS } from "../record/level.ts";
import { readTagList } from "../record/present.ts";
import { ServiceError } from "../errors.ts";
import type { Filter } from "./filter.ts";
import { metadataTest } from "./metadata.ts";

export type RowTest = (row: number) => boolean;

/** A filter made ready once for each search. */
export interface Matcher {
  /** False only if no record of the block matches, by its header alone. */
  mayMatch(header: BlockHeader): boolean;
  /** The test for one block's rows; `NEVER` if none of them matches. */
  bind(rows: BlockRows): RowTest;
}

export const NEVER: RowTest = () => false;
const ALWAYS: RowTest = () => true;

export function compileFilter(filter: Filter): Matcher {
  switch (filter.kind) {
    case "all":
      return allOf(filter.of.map(compileFilter));
    case "any":
      return anyOf(filter.of.map(compileFilter));
    case "not":
      return noneOf(compileFilter(filter.of));
    case "level": {
      const wanted = LEVELS.map((level) => filter.levels.includes(level));
      return {
        mayMatch: ({ levels }) => levels.some((count, level) => count > 0 && wanted[level]),
        bind: (rows) => (row) => wanted[rows.levels[row] ?? 0] === true,
      };
    }
    case "source":
      return {
        mayMatch: ({ sources, sourcesComplete }) => !sourcesComplete || sources.has(filter.is),
        bind: (rows) => (row) => rows.source(row) === filter.is,
      };
    case "trace":
      return {
        mayMatch: ({ traceFilter }) => mayHaveTrace(traceFilter, filter.is),
        bind: (rows) => (row) => rows.trace(row) === filter.is,
      };
    case "tag": {
      const written = JSON.stringify(filter.is);
      return {
        mayMatch: () => true,
        bind: (rows) => (row) => {
          const text = rows.tags(row);
          return text.includes(written) && readTagList(text).includes(filter.is);
        },
      };
    }
    case "text": {
      const phrase = filter.contains.toLowerCase();
      return {
        mayMatch: () => true,
        bind: (rows) =>
          rows.lowerMessages.includes(phrase)
            ? (row) => rows.message(row).toLowerCase().includes(phrase)
            : NEVER,
      };
    }
    case "metadata": {
      const test = metadataTest(filter.path, filter.is);
      return {
        mayMatch: () => true,
        bind: (rows) =>
          test.mayPass(rows.allMetadata) ? (row) => test.passes(rows.metadata(row)) : NEVER,
      };
    }
    default:
      throw new ServiceError("NL_FILTER_INVALID", `'${filter.kind}' is not searched for yet`);
  }
}

function allOf(parts: readonly Matcher[]): Matcher {
  return {
    mayMatch: (header) => parts.every((part) => part.mayMatch(header)),
    bind: (rows) => {
      const tests: RowTest[] = [];
      for (const part of parts) {
        const test = part.bind(rows);
        if (test === NEVER) return NEVER;
        tests.push(test);
      }
      const [only] = tests;
      if (only === undefined) return ALWAYS;
      return tests.length === 1 ? only : (row) => tests.every((test) => test(row));
    },
  };
}

function anyOf(parts: readonly Matcher[]): Matcher {
  return {
    mayMatch: (header) => parts.some((part) => part.mayMatch(header)),
    bind: (rows) => {
      const tests = parts.map((part) => part.bind(rows)).filter((test) => test !== NEVER);
      return tests.length === 0 ? NEVER : (row) => tests.some((test) => test(row));
    },
  };
}

/** A header tells what a block may have, never what all of its records have. */
function noneOf(part: Matcher): Matcher {
  return {
    mayMatch: () => true,
    bind: (rows) => {
      const test = part.bind(rows);
      return test === NEVER ? ALWAYS : (row) => !test(row);
    },
  };
}
