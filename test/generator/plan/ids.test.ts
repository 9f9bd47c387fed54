import fc from "fast-check";
import { expect, test } from "vitest";
import {
  mcpNamespace,
  organizationNamespace,
  rootNamespace,
} from "../../../generator/plan/names.ts";
import { organizationId, tenantId } from "../../../generator/record/schema/scalars.ts";

// Words of which names that collide are made, far more often than random letters would make them.
const word = fc
  .array(fc.constantFrom("a", "b", "org", "mcp", "-", "root", "x1"), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(""));
const tenant = word.filter((text) => tenantId("").safeParse(text).success);
const organization = word.filter((text) => organizationId("").safeParse(text).success);

test("no two tenants whose ids are accepted share a namespace", () => {
  const names = (id: string, organizations: string[]): string[] => [
    rootNamespace(id),
    ...organizations.flatMap((one) => [organizationNamespace(id, one), mcpNamespace(id, one)]),
  ];
  const organizations = fc.uniqueArray(organization, { maxLength: 3 });
  fc.assert(
    fc.property(tenant, organizations, tenant, organizations, (a, ofA, b, ofB) => {
      fc.pre(a !== b);
      const first = names(a, ofA);
      expect(new Set(first).size).toBe(first.length);
      expect(names(b, ofB).filter((name) => first.includes(name))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  "a-org-b",
  "org-a",
  "a-mcp",
  "",
  "-a",
  "a-",
  "A",
  "a_b",
  "a.b",
  "1a",
  "ä",
  "a\n",
  "a".repeat(41),
])("%j is no id of a tenant", (id) => {
  expect(tenantId("").safeParse(id).success).toBe(false);
});

test.each(["root", "mcp", "b-mcp", "x-org-y"])("%j is no id of an organization", (id) => {
  expect(organizationId("").safeParse(id).success).toBe(false);
});
