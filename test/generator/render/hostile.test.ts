// A record is written by people whom the platform does not trust with its structure: whatever text they put into a free
// field, the objects stay the same ones, with the same fields.
import fc from "fast-check";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../generator/plan/plan.ts";
import { renderTenant } from "../../../generator/render/tenant.ts";
import { buildPlan } from "../support/build.ts";
import { hostileStrings } from "../support/hostile.ts";
import { cloudPlan, samplePlan } from "../support/plans.ts";

/**
 * Every string of a plan, whether or not its schema would let such a text through: the quoting is the wall, the schema
 * stands before it. Left out are words that choose structure, and names that become paths.
 */
const structural = new Set([
  "id",
  "name",
  "role",
  "organization",
  "kind",
  "mode",
  "state",
  "release",
  "provider",
  "direction",
  "image",
  "exporterImage",
  "mcpOrganization",
  "secretName",
  "namespaces",
  "organizationNamespace",
  "secret",
  "keys",
]);

/** The plan with `text` in place of each of its other strings, and the shape of what is rendered from it. */
function withText(plan: Plan, text: string): Plan {
  const replace = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return structural.has(key) ? value : text;
    if (Array.isArray(value)) return value.map((item) => replace(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, replace(item, name)]),
    );
  };
  const changed: unknown = replace(plan, "");
  if (!isLike(changed, plan)) throw new Error("the plan lost its shape");
  return changed;
}

/** The same keys everywhere. */
function isLike<T>(value: unknown, like: T): value is T {
  return JSON.stringify(value, shapeOf) === JSON.stringify(like, shapeOf);
}
const shapeOf = (_: string, value: unknown): unknown => (typeof value === "string" ? "" : value);

/** Documents of all files, with only their types left in the places of values. */
function shape(plan: Plan): Map<string, unknown> {
  const outline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(outline);
    if (typeof value !== "object" || value === null) return typeof value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, outline(item)]));
  };
  return new Map([...renderTenant(plan)].map(([path, text]) => [path, outline(loadAll(text))]));
}

/** Every scalar of all files. */
function scalars(plan: Plan): unknown[] {
  const found: unknown[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
    else found.push(value);
  };
  for (const text of renderTenant(plan).values()) visit(loadAll(text));
  return found;
}

const anyText = fc.oneof(
  fc.constantFrom(...hostileStrings),
  fc.string(),
  fc.string({ unit: "grapheme" }),
);

describe.each([
  ["with everything of its own", samplePlan],
  ["in the cloud", cloudPlan],
])("a tenant %s", (_, plan) => {
  it("keeps its structure, whatever text stands in its fields", () => {
    const benign = shape(withText(plan(), "text"));
    fc.assert(
      fc.property(anyText, (text) => {
        expect(shape(withText(plan(), text))).toEqual(benign);
      }),
      { numRuns: 300 },
    );
  });

  it("shows the very text in its objects", () => {
    const times = (text: string): number =>
      scalars(withText(plan(), text)).filter((value) => value === text).length;
    const expected = times("text");
    expect(expected).toBeGreaterThan(20);
    for (const text of hostileStrings) expect([text, times(text)]).toEqual([text, expected]);
  });

  it("keeps its objects through kustomize, too", async () => {
    const names = async (text: string): Promise<string[]> => {
      const hostile = plan();
      hostile.displayName = text;
      hostile.contact = text;
      hostile.group = text;
      for (const namespace of hostile.namespaces) {
        namespace.displayName = text;
        namespace.group = text;
      }
      const objects = await buildPlan(hostile);
      const namespaces = objects.filter(({ kind }) => kind === "Namespace");
      for (const { body } of namespaces) {
        expect(body).toHaveProperty(
          ["metadata", "annotations", "neurallog.dev/display-name"],
          text,
        );
        expect(body).toHaveProperty(["metadata", "annotations", "neurallog.dev/contact"], text);
      }
      return objects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
    };
    const benign = await names("text");
    // Without U+2028 and U+0085, which no record may hold: kustomize itself takes them for line breaks on its way out.
    for (const text of [
      "a\n---\nkind: ClusterRoleBinding",
      '"\n  - b: {{c}}',
      "x: y",
      "on",
      "\u0007\t# 🎉",
    ]) {
      expect(await names(text)).toEqual(benign);
    }
  });
});
