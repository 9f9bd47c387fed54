import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parse } from "yaml";
import { loadRepository } from "../../../generator/plan/load.ts";
import { printProblems } from "../../../generator/record/print.ts";
import { listFields } from "../../../generator/reference/fields.ts";
import { jsonSchemas, type JsonSchema } from "../../../generator/reference/json-schema.ts";
import { root } from "./support.ts";

const tenants = readdirSync(join(root, "tenants"))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => readFileSync(join(root, "tenants", file), "utf8"));
const clusters = ["home", "cloud"].map((name) =>
  readFileSync(join(root, "overlays", name, "cluster.yaml"), "utf8"),
);
const schemas = jsonSchemas();

/** Every path that a value has, as the reference writes them. */
function pathsOf(value: unknown, schema: JsonSchema, path = ""): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => pathsOf(item, schema.items ?? {}, `${path}[]`));
  }
  if (typeof value !== "object" || value === null) return [`${path}=${String(value)}`];
  const fitting = [schema, ...(schema.anyOf ?? [])].find((one) => one.type === "object") ?? {};
  return Object.entries(value).flatMap(([name, item]) => {
    const field = fitting.properties?.[name];
    const entry =
      typeof fitting.additionalProperties === "object" ? fitting.additionalProperties : {};
    const below = field === undefined ? `${path}.<name>` : path === "" ? name : `${path}.${name}`;
    return [below, ...pathsOf(item, field ?? entry, below)];
  });
}

/** `path=value` of every enumerated value. */
function enumerated(schema: JsonSchema, path = ""): string[] {
  const own = (schema.enum ?? []).map((value) => `${path}=${String(value)}`);
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    enumerated(field, path === "" ? name : `${path}.${name}`),
  );
  const rest = [
    ...(schema.items === undefined ? [] : enumerated(schema.items, `${path}[]`)),
    ...(schema.anyOf ?? []).flatMap((option) => enumerated(option, path)),
    ...(typeof schema.additionalProperties === "object"
      ? enumerated(schema.additionalProperties, `${path}.<name>`)
      : []),
  ];
  return [...own, ...fields, ...rest];
}

describe("the records of this repository", () => {
  test("have no fault", () => {
    expect(printProblems(loadRepository(root).problems, false)).toBe("\n\n0 errors in 0 files\n");
  });

  test.each([
    ["tenants", tenants, schemas.tenant, []],
    [
      "clusters",
      clusters,
      schemas.cluster,
      // A server of all archives has an authority or no TLS, addresses or pods, and one cluster of the two has one.
      ["tls", "egress.pods", "egress.pods.namespace", "egress.pods.podLabels"].map(
        (field) => `archive.external.${field}`,
      ),
    ],
  ])("%s use every field of their schema together", (_, texts, schema, left) => {
    const used = new Set(texts.flatMap((text) => pathsOf(parse(text), schema)));
    const unused = listFields(schema)
      .map(({ path }) => path)
      .filter((path) => !used.has(path));
    expect(unused).toEqual(left);
  });

  test("show every tier, state, role and mode", () => {
    const used = new Set(tenants.flatMap((text) => pathsOf(parse(text), schemas.tenant)));
    const left = enumerated(schemas.tenant).filter(
      // Each list of roles has some; levels and signatures are what they are everywhere.
      (value) => !used.has(value) && !/roles?(?:\[\])?=|logLevel=|algorithms\[\]=/.test(value),
    );
    // A protocol that few people have, and what is so where it is left out.
    expect(left).toEqual([
      "organizations[].state=active",
      "logService.work.place=inside",
      "logService.mcpToolNames=dotted",
      "network.rules[].ports[].protocol=UDP",
      "network.rules[].ports[].protocol=SCTP",
    ]);
  });

  test("name the schema that editors check them with", () => {
    for (const text of tenants) {
      expect(text).toMatch(
        /^# yaml-language-server: \$schema=\.\.\/generator\/schema\/tenant\.schema\.json\n/,
      );
    }
    for (const text of clusters) {
      expect(text).toMatch(
        /^# yaml-language-server: \$schema=\.\.\/\.\.\/generator\/schema\/cluster\.schema\.json\n/,
      );
    }
  });

  test("are accepted by the JSON Schema that editors use, which refuses an unknown key", () => {
    const files = ["tenant", "cluster"].map((name) =>
      z.fromJSONSchema(
        JSON.parse(readFileSync(join(root, `generator/schema/${name}.schema.json`), "utf8")),
      ),
    );
    for (const [texts, schema] of [
      [tenants, files[0]],
      [clusters, files[1]],
    ] as const) {
      for (const text of texts) {
        const value: object = parse(text);
        expect(schema?.safeParse(value).error).toBeUndefined();
        expect(schema?.safeParse({ ...value, unknown: 1 }).success).toBe(false);
      }
    }
  });
});
