import type { Finding, Kind, Side } from "../finding.ts";
import { COMPARE_LIMITS } from "../limits.ts";
import { isObject } from "../listing.ts";
import { nearest } from "./alike.ts";
import { differences, shown, tooMuch, type Difference } from "./json.ts";

type Tool = Readonly<Record<string, unknown>>;

/** What a client takes for granted where a tool says nothing. */
const ANNOTATION_DEFAULTS = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};

/** What differs between two registrations of a tool. */
export function diffTool(name: string, a: Tool, b: Tool): Finding[] {
  if (tooMuch(a) !== undefined || tooMuch(b) !== undefined) return [];
  const findings: Finding[] = [];
  const [left, right] = [withDefaults(a), withDefaults(b)];
  for (const { from, to, side } of renamed(left, right)) {
    const other = side === "B" ? left : right;
    const own = side === "B" ? right : left;
    findings.push({
      kind: "missing",
      tool: name,
      side,
      path: from,
      text: `${from} is missing in ${side}, which has ${to} instead`,
      a: shown(left[from]),
      b: shown(right[from]),
    });
    // What they hold is compared all the same, once.
    own[from] = own[to];
    delete own[to];
    if (other[from] === undefined) delete other[from];
  }
  for (const difference of differences(left, right)) {
    if (difference.path[0] === "name") continue;
    findings.push(findingOf(name, difference));
    if (findings.length >= COMPARE_LIMITS.perTool) break;
  }
  return findings;
}

function withDefaults(tool: Tool): Record<string, unknown> {
  const given = tool["annotations"];
  if (given !== undefined && !isObject(given)) return { ...tool };
  return { ...tool, annotations: { ...ANNOTATION_DEFAULTS, ...given } };
}

/** A field that a side has under another name than the one it should have. */
interface Renamed {
  readonly from: string;
  readonly to: string;
  readonly side: Side;
}

function renamed(a: Tool, b: Tool): Renamed[] {
  const onlyIn = (one: Tool, other: Tool) =>
    Object.keys(one).filter((field) => !Object.hasOwn(other, field));
  const [inA, inB] = [onlyIn(a, b), onlyIn(b, a)];
  return inA.flatMap((field): Renamed[] => {
    const other = nearest(field, inB);
    if (other === undefined) return [];
    // The specification's own names are camel case: the other one is the mistake.
    return field.includes("_") || field.includes("-")
      ? [{ from: other, to: field, side: "A" }]
      : [{ from: field, to: other, side: "B" }];
  });
}

function findingOf(tool: string, { path, a, b }: Difference): Finding {
  const kind = kindOf(path, a, b);
  const place = path.join(".");
  const lacking = a === undefined ? "A" : "B";
  const text =
    a === undefined || b === undefined ? `${place} is missing in ${lacking}` : `${place} differs`;
  return { kind, tool, side: "between", path: place, text, a: shown(a), b: shown(b) };
}

function kindOf(path: readonly string[], a: unknown, b: unknown): Kind {
  const [first = ""] = path;
  const last = path.at(-1) ?? "";
  // A property may be called `description`: what says what a property is stands beside its type.
  const isProperty = path.at(-2) === "properties";
  if (first === "annotations" && last !== "title") return "annotation";
  if (!isProperty && (last === "description" || last === "title")) return "description";
  if (a === undefined || b === undefined) {
    return isProperty || path.length === 1 ? missingKind(first) : "type";
  }
  return first === "inputSchema" || first === "outputSchema" || typeof a !== typeof b
    ? "type"
    : "other";
}

function missingKind(first: string): Kind {
  return ["inputSchema", "outputSchema", "name"].includes(first) ? "missing" : "other";
}
