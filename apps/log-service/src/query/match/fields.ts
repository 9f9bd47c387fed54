import type { BlockHeader } from "../../block/header.ts";
import type { RowMask } from "../../block/pattern.ts";
import type { BlockRows } from "../../block/rows.ts";
import { mayHaveTrace } from "../../block/trace-filter.ts";
import { readTagList } from "../../record/present.ts";
import { ServiceError } from "../../errors.ts";
import { both, either, rowsThat, selectionOf } from "./mask.ts";
import type { Selection } from "./matcher.ts";
import { messageNode } from "./message.ts";
import { rowNode, type Node } from "./node.ts";
import { textTest, valueTest, type FieldFilter, type TextTest } from "./values.ts";

/** The test of one field's text or value. */
export function fieldNode(filter: FieldFilter): Node {
  const { field } = filter;
  switch (field) {
    case "message":
      return messageNode(filter);
    case "source":
      return sourceNode(textTest(filter));
    case "namespace":
      return namespaceNode(textTest(filter));
    case "trace_id":
      return traceNode(filter);
    case "span_id":
      return idsNode(
        filter,
        (rows, id) => rows.spanMask(id),
        (rows, row) => rows.span(row),
      );
    case "tags":
      return tagsNode(filter);
    case "id":
      return idNode(textTest(filter));
    default:
      return metadataNode(field.slice("metadata.".length), filter);
  }
}

function textNode(test: TextTest, read: (rows: BlockRows, row: number) => string): Node {
  return rowNode(50, (rows, _, among) =>
    rowsThat(rows.count, among, (row) => test(read(rows, row))),
  );
}

/** Ids that are asked for whole are compared as they are stored, and not made into text. */
function idsNode(
  filter: FieldFilter,
  maskOf: (rows: BlockRows, id: string) => RowMask,
  read: (rows: BlockRows, row: number) => string,
): Node {
  if (filter.kind !== "is" || filter.values.length > MOST_IDS)
    return textNode(textTest(filter), read);
  return rowNode(5, (rows, _, among) => {
    const found = filter.values.reduce<Selection>(
      (all, id) => either(all, selectionOf(maskOf(rows, id))),
      "none",
    );
    return both(found, among);
  });
}

/** More are sooner looked up for each row. */
const MOST_IDS = 16;

/** A block has few sources: each is looked at once. */
function sourceNode(test: TextTest): Node {
  return {
    ...rowNode(2, (rows, _, among) => {
      const wanted = rows.sourceNames.map(test);
      if (!wanted.includes(true)) return "none";
      if (!wanted.includes(false)) return "all";
      const indexes = rows.sourceIndexes;
      return rowsThat(rows.count, among, (row) => wanted[indexes[row] ?? 0] === true);
    }),
    mayMatch: (header) => !header.sourcesComplete || sourcesOf(header).some(test),
    matchesAll: (header) => header.sourcesComplete && sourcesOf(header).every(test),
  };
}

/** Those that occur, "" for records without one among them. */
function sourcesOf({ records, sources }: BlockHeader): string[] {
  let named = 0;
  for (const count of sources.values()) named += count;
  return named < records ? [...sources.keys(), ""] : [...sources.keys()];
}

function namespaceNode(test: TextTest): Node {
  return {
    ...rowNode(0, (rows) => (test(rows.namespace) ? "all" : "none")),
    mayMatch: (_, namespace) => test(namespace),
    matchesAll: (_, namespace) => test(namespace),
  };
}

function traceNode(filter: FieldFilter): Node {
  const test = textTest(filter);
  const node = idsNode(
    filter,
    (rows, id) => rows.traceMask(id),
    (rows, row) => rows.trace(row),
  );
  // Whatever "" does not pass needs a trace id.
  if (test("")) return node;
  if (filter.kind !== "is")
    return { ...node, mayMatch: ({ traceFilter }) => traceFilter.length > 0 };
  return {
    ...node,
    mayMatch: ({ traceFilter }) => {
      for (const id of filter.values) if (mayHaveTrace(traceFilter, id)) return true;
      return false;
    },
  };
}

/** Lists of tags repeat: each is read once a block. */
function tagsNode(filter: FieldFilter): Node {
  const test = valueTest(filter);
  return rowNode(30, (rows, _, among) => {
    const known = new Map<string, boolean>([["", false]]);
    return rowsThat(rows.count, among, (row) => {
      const text = rows.tags(row);
      const before = known.get(text);
      if (before !== undefined) return before;
      const passes = test(readTagList(text));
      known.set(text, passes);
      return passes;
    });
  });
}

function idNode(test: TextTest): Node {
  return {
    ...rowNode(100, (rows, { ids }, among) => {
      if (ids === undefined) {
        throw new ServiceError("NL_FILTER_INVALID", "A test of ids is not possible here");
      }
      return rowsThat(rows.count, among, (row) => test(ids.idOf(row)));
    }),
    needsIds: true,
  };
}

function metadataNode(path: string, filter: FieldFilter): Node {
  const test = valueTest(filter);
  return rowNode(500, (rows, { interrupt }, among) => {
    const mask: RowMask = new Uint8Array(rows.count);
    let looked = 0;
    rows.eachValue(path, (row, value) => {
      if (mask[row] === 1 || (among !== "all" && among !== "none" && among[row] === 0)) return;
      if (test(value)) mask[row] = 1;
      looked += 1;
      if (looked % INTERRUPT_VALUES === 0) interrupt?.();
    });
    return selectionOf(mask);
  });
}

const INTERRUPT_VALUES = 256;
