import type { Finding, Side } from "../finding.ts";
import { isObject } from "../listing.ts";
import { nearest } from "./alike.ts";
import { shown, tooMuch } from "./json.ts";
import { schemaProblem } from "./schema.ts";

/** What a tool object may have, by the specifications in use. */
const FIELDS = [
  "name",
  "title",
  "description",
  "inputSchema",
  "outputSchema",
  "annotations",
  "icons",
  "execution",
  "_meta",
];
const NAME = /^[A-Za-z0-9._-]{1,128}$/;

type Mistake = Pick<Finding, "kind" | "text"> & Partial<Pick<Finding, "path" | "cause">>;

/** What is wrong with one tool by itself, whatever another server has. */
export function lint(tool: Readonly<Record<string, unknown>>): Mistake[] {
  const much = tooMuch(tool);
  if (much !== undefined) return [{ kind: "schema", text: `cannot be looked at: ${much}` }];
  return [
    ...lintName(tool["name"]),
    ...lintSchema(tool, "inputSchema"),
    ...lintSchema(tool, "outputSchema"),
  ];
}

function lintName(name: unknown): Mistake[] {
  if (typeof name !== "string" || NAME.test(name)) return [];
  if (name.length > 128)
    return [{ kind: "name", path: "name", text: `has ${name.length} characters; 128 are allowed` }];
  const odd = [...new Set(name.replaceAll(/[A-Za-z0-9._-]/g, ""))].join("");
  const better = name.replaceAll(/[^A-Za-z0-9._-]+/g, "_");
  return [
    {
      kind: "name",
      path: "name",
      text:
        name === ""
          ? "is empty"
          : `has ${JSON.stringify(odd)}, which clients refuse; ${better} would do`,
    },
  ];
}

function lintSchema(tool: Readonly<Record<string, unknown>>, field: string): Mistake[] {
  const schema = tool[field];
  if (schema === undefined) return field === "inputSchema" ? [missing(tool, field)] : [];
  if (!isObject(schema))
    return [{ kind: "type", path: field, text: `${field} is no object: ${shown(schema)}` }];
  const problem = schemaProblem(schema);
  if (problem !== undefined)
    return [{ kind: "schema", path: field, text: `${field} is no valid JSON Schema: ${problem}` }];
  if (field === "inputSchema" && schema["type"] !== "object")
    return [{ kind: "type", path: `${field}.type`, text: `${field}.type has to be "object"` }];
  return [];
}

function missing(tool: Readonly<Record<string, unknown>>, field: string): Mistake {
  const others = Object.keys(tool).filter((name) => !FIELDS.includes(name));
  const instead = nearest(field, others);
  const text =
    instead === undefined
      ? `${field} is missing`
      : `${field} is missing; it has ${instead} instead`;
  return { kind: "missing", path: field, text };
}

/** The mistakes of one side, as findings; see `Finding.side` for those that both have. */
export function mistakesOf(
  tools: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  side: Side,
): Finding[] {
  return [...tools].flatMap(([tool, value]) =>
    lint(value).map((mistake) => ({ ...mistake, tool, side })),
  );
}
