import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isSelected } from "../../../apps/log-service/src/archive/memory/match.ts";
import {
  EVERYTHING,
  NOTHING,
  valueIs,
  type Filter,
} from "../../../apps/log-service/src/query/filter.ts";
import { narrow } from "../../../apps/log-service/src/query/narrow.ts";
import { presentRecord } from "../../../apps/log-service/src/record/present.ts";
import { filter, messageFilter, record } from "./arbitrary.ts";
import { matches } from "./naive.ts";

const ID = "11122120";
const EVERYWHERE = { except: [] };

function phrase(text: string, sides: Partial<Extract<Filter, { kind: "like" }>> = {}): Filter {
  const words = { start: "word", end: "word", ignoreCase: true } as const;
  return { kind: "like", field: "message", parts: [text], ...words, ...sides };
}

describe("an archive's condition for a filter", () => {
  it.each([
    ["any filter", filter],
    ["phrases", messageFilter],
  ])("lets every record through that matches, for %s", (_, filters) => {
    fc.assert(
      fc.property(filters, record, (wanted, prepared) => {
        const { condition, from, to, exact } = narrow(wanted);
        const selection = { namespaces: EVERYWHERE, condition, from, to };
        const passes = isSelected({ id: ID, record: prepared }, selection);
        const isWanted = matches(wanted, presentRecord(ID, prepared));
        expect(passes || !isWanted).toBe(true);
        if (exact) expect(passes).toBe(isWanted);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is exact where it counts", () => {
    const exact = (of: Filter) => narrow(of).exact;
    expect(exact(EVERYTHING)).toBe(true);
    expect(exact(NOTHING)).toBe(true);
    expect(exact({ kind: "level", levels: ["ERROR"] })).toBe(true);
    expect(exact({ kind: "not", of: { kind: "level", levels: ["ERROR"] } })).toBe(true);
    expect(exact(valueIs("trace_id", "a"))).toBe(true);
    expect(exact(valueIs("metadata.a.b", "42"))).toBe(true);
    expect(exact({ kind: "time", field: "timestamp", from: { ms: 1, nanos: 0 } })).toBe(true);
    expect(exact(phrase("reset"))).toBe(false);
    expect(exact({ kind: "not", of: valueIs("source", "a") })).toBe(false);
    expect(exact({ kind: "any", of: [EVERYTHING, phrase("reset")] })).toBe(false);
  });

  it("asks for a phrase's whole words, and for how an open last one begins", () => {
    expect(narrow(phrase("connection re", { end: "any" })).condition).toEqual({
      kind: "all",
      of: [
        { kind: "word", text: "connection", isPrefix: false },
        { kind: "word", text: "re", isPrefix: true },
        { kind: "contains", text: "connection re", ignoreCase: true },
      ],
    });
  });

  it("asks for no word where a substring begins inside one", () => {
    expect(narrow(phrase("ection", { start: "any", end: "any" })).condition).toEqual({
      kind: "contains",
      text: "ection",
      ignoreCase: true,
    });
  });

  it("asks for a number in the metadata as text and as a number", () => {
    expect(narrow(valueIs("metadata.ms", "42.0")).condition).toEqual({
      kind: "any",
      of: [
        { kind: "metadata", path: ["ms"], value: "42.0" },
        { kind: "metadata", path: ["ms"], value: 42 },
      ],
    });
  });

  it("asks for the keys that a dotted path may mean, and for none of too many", () => {
    const paths = (path: `metadata.${string}`) => {
      const { condition } = narrow(valueIs(path, "x"));
      if (condition.kind === "metadata") return [condition.path];
      return condition.kind === "any"
        ? condition.of.flatMap((part) => (part.kind === "metadata" ? [part.path] : []))
        : [];
    };
    expect(paths("metadata.a.b.c")).toHaveLength(4);
    expect(paths(`metadata.${"a.".repeat(15)}a`)).toEqual([]);
  });

  it("asks for the text that a regular expression needs", () => {
    const pattern: Filter = {
      kind: "regex",
      field: "message",
      pattern: "time[ds] out in \\d+",
      ignoreCase: false,
    };
    expect(JSON.stringify(narrow(pattern).condition)).toContain(" out in ");
  });

  it("narrows the times that are asked for by those of the filter", () => {
    const filters: Filter = {
      kind: "all",
      of: [
        { kind: "time", field: "timestamp", from: { ms: 5, nanos: 1 }, to: { ms: 90, nanos: 0 } },
        { kind: "all", of: [{ kind: "time", field: "timestamp", from: { ms: 7, nanos: 0 } }] },
      ],
    };
    const bounds = { from: { ms: 6, nanos: 0 }, to: { ms: 80, nanos: 0 } };
    expect(narrow(filters, bounds)).toMatchObject({
      from: { ms: 7, nanos: 0 },
      to: { ms: 80, nanos: 0 },
      exact: true,
    });
  });
});
