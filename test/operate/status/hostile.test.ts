import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overview } from "../../../operate/status/overview.ts";
import { page } from "../../../operate/status/page.ts";
import { changeLines } from "../../../operate/status/changes.ts";
import { PLAIN } from "../../../operate/status/paint.ts";
import { whereabouts } from "../../../operate/status/cluster.ts";
import { statusSchema } from "../../../operate/status/shape.ts";
import { partsWith, readRecorded, set, statusFrom } from "../support/recorded.ts";

const ESCAPES = "\u001B[2J\u001B[H\u009B31m\u202Eok acme well\u0007\r\nok  evil  active\u2028";

// What moves a cursor, rings, reverses or hides; line feeds are ours.
const raw =
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/;

/** Every path into a value. */
function pathsOf(value: unknown, before: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [before];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((each, index) => [index, each])
    : Object.entries(value);
  return [before, ...entries.flatMap(([key, each]) => pathsOf(each, [...before, key]))];
}

const all = readRecorded();
const paths = pathsOf(all).filter(({ length }) => length > 2);

const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    -1,
    1e308,
    "",
    ESCAPES,
    [],
    {},
    [null],
    [[]],
    { a: null },
    "x".repeat(10_000),
  ),
);

describe("whatever stands in objects", () => {
  it("a status is made of it, in its own shape, and shown", () => {
    const mutation = fc.tuple(fc.constantFrom(...paths), hostile);
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
        const objects = readRecorded();
        for (const [path, value] of mutations) set(objects, path, value);
        const before = statusFrom(all);
        const status = statusFrom(objects);
        expect(statusSchema.safeParse(JSON.parse(JSON.stringify(status))).error).toBeUndefined();
        whereabouts(partsWith(objects));
        const texts = [
          overview(status, PLAIN),
          ...status.tenants.map((tenant) => page(status, tenant, PLAIN)),
          ...changeLines(before, status),
        ];
        for (const text of texts) expect(text).not.toMatch(raw);
      }),
      { numRuns: 150 },
    );
  });

  it("objects that are no objects at all are no reason to fail", () => {
    for (const value of [null, 1, "x", [], {}, { metadata: null }, { metadata: { name: 7 } }]) {
      const objects = Object.fromEntries(Object.keys(all).map((kind) => [kind, [value]]));
      expect(statusFrom(objects).format).toBe("neurallog-status/1");
    }
  });
});

describe("attack: escape sequences of a cluster's text take over the terminal", () => {
  it.each([
    [
      "a pod's message",
      ["pods", 2, "status", "containerStatuses", 0, "state", "waiting", "message"],
    ],
    ["a pod's reason", ["pods", 2, "status", "containerStatuses", 0, "state", "waiting", "reason"]],
    ["a container's name", ["pods", 2, "status", "containerStatuses", 0, "name"]],
    ["a condition of Argo CD", ["applications", 1, "status", "conditions", 0, "message"]],
    ["an operation's message", ["applications", 0, "status", "operationState", "message"]],
    ["a health", ["applications", 0, "status", "health", "status"]],
    ["a display name", ["namespaces", 0, "metadata", "annotations", "neurallog.dev/display-name"]],
    ["a retire date", ["namespaces", 0, "metadata", "annotations", "neurallog.dev/retire-after"]],
    ["a quota's key", ["quotas", 0, "status", "hard", ESCAPES]],
    ["a storage class", ["claims", 0, "spec", "storageClassName"]],
    ["a ref", ["applicationSets", 0, "spec", "generators", 0, "git", "revision"]],
  ] as const)("%s", (_, path) => {
    const objects = readRecorded();
    set(objects, path, ESCAPES);
    const status = statusFrom(objects);
    expect(overview(status, PLAIN)).not.toMatch(raw);
    for (const tenant of status.tenants) {
      const text = page(status, tenant, PLAIN);
      expect(text).not.toMatch(raw);
      // A line of its own would be a status that somebody drew.
      expect(text).not.toMatch(/^ok {2}evil/m);
    }
  });
});
