import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Difference, groupDifferences } from "../../../generator/preview/group.ts";
import type { Note } from "../../../generator/preview/model/model.ts";

const unit = (id: string) =>
  ({
    kind: "tenant",
    cluster: "home",
    id,
    change: "changed",
    ring: "stable",
    before: null,
    after: null,
  }) as const;

/** A tenant's change of one field in its root namespace and in each of its organizations'. */
function difference(
  id: string,
  value: string,
  organizations: string[] = [],
  level: Note["level"] = "info",
): Difference {
  const names = [`tenant-${id}`, ...organizations.map((name) => `tenant-${id}-org-${name}`)];
  return {
    unit: unit(id),
    objects: names.map((namespace) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace,
      name: "settings",
      change: "changed",
      fields: [{ op: "change", at: ["data", "level"], before: "info", after: value }],
    })),
    gained: [],
    lost: [],
    notes: [{ level, code: "said", text: `ConfigMap tenant-${id}/settings` }],
  };
}

const idsOf = (differences: Difference[]): string[][] =>
  groupDifferences(differences).map(({ units }) => units.map(({ id }) => id));

describe("changes of many tenants", () => {
  it("are one where only the tenants' names differ, however many organizations they have", () => {
    const all = [
      difference("a", "debug", ["x"]),
      difference("b", "debug", ["y", "z"]),
      difference("c", "debug", ["w-1"]),
    ];
    expect(idsOf(all)).toEqual([["a", "b", "c"]]);
  });

  it("stay apart where a value, an object or a note differs", () => {
    expect(
      idsOf([difference("a", "debug"), difference("b", "warn"), difference("d", "debug")]),
    ).toEqual([["a", "d"], ["b"]]);
    expect(idsOf([difference("a", "debug"), difference("b", "debug", ["x"])])).toHaveLength(2);
    expect(idsOf([difference("a", "debug"), difference("b", "debug", [], "warning")])).toHaveLength(
      2,
    );
  });

  it("attack: a tenant whose name is the beginning of another's hides nothing in its group", () => {
    const other = { ...difference("a", "tenant-ab"), unit: unit("a") };
    expect(idsOf([other, difference("ab", "tenant-ab")])).toHaveLength(2);
  });

  it("show errors first, then alarms, then those of most tenants", () => {
    const all = [
      difference("a", "1"),
      difference("b", "2"),
      difference("c", "2"),
      difference("d", "3", [], "alarm"),
      difference("e", "4", [], "error"),
    ];
    expect(idsOf(all)).toEqual([["e"], ["d"], ["b", "c"], ["a"]]);
  });

  it("come out the same in whatever order they were found", () => {
    const all = [
      difference("a", "1"),
      difference("b", "2"),
      difference("c", "2"),
      difference("d", "1", ["x"]),
      difference("e", "3", [], "error"),
    ];
    const wanted = groupDifferences(all);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(groupDifferences(shuffled)).toEqual(wanted);
      }),
    );
  });
});
