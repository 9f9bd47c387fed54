import { byHarm, type Finding, type Side } from "./finding.ts";
import { isObject, problemsOf, type Listing } from "./listing.ts";
import { nearest } from "./tools/alike.ts";
import { diffTool } from "./tools/diff.ts";
import { shown } from "./tools/json.ts";
import { mistakesOf } from "./tools/lint.ts";

type Tool = Readonly<Record<string, unknown>>;

/** What differs between two servers' tools, the likeliest to do harm first. */
export function compareTools(a: Listing, b: Listing): Finding[] {
  const inA = byName(a, "A");
  const inB = byName(b, "B");
  const pairs = pairUp(inA.tools, inB.tools);
  const registration = [
    ...inA.findings,
    ...inB.findings,
    ...pairs.findings,
    ...pairs.pairs.flatMap(([name, left, right]) => diffTool(name, left, right)),
  ];
  const mistakes = merged([...mistakesOf(inA.tools, "A"), ...mistakesOf(inB.tools, "B")]);
  const known = new Set(registration.map(({ tool, kind, path }) => `${tool} ${kind} ${path}`));
  // What is missing on one side was said already where the other side has it.
  const rest = mistakes.filter(({ tool, kind, path }) => !known.has(`${tool} ${kind} ${path}`));
  const found = [...registration, ...rest];
  const calls = callFindings(a, b, inA.tools, inB.tools, found);
  return [...problemsOf(a, "A"), ...problemsOf(b, "B"), ...found, ...calls].toSorted(byHarm);
}

function byName(listing: Listing, side: Side): { tools: Map<string, Tool>; findings: Finding[] } {
  const tools = new Map<string, Tool>();
  const findings: Finding[] = [];
  for (const [at, tool] of listing.tools.entries()) {
    const name = isObject(tool) ? tool["name"] : undefined;
    if (!isObject(tool) || typeof name !== "string") {
      const text = `tool ${at + 1} of ${side} has no name: ${shown(tool) ?? ""}`;
      findings.push({ kind: "callable", tool: "", side, text });
      continue;
    }
    if (tools.has(name))
      findings.push({ kind: "callable", tool: name, side, text: `${side} lists it twice` });
    else tools.set(name, tool);
  }
  return { tools, findings };
}

/** Tools of the same name; those of one side alone are paired with what they were probably meant to be. */
function pairUp(a: ReadonlyMap<string, Tool>, b: ReadonlyMap<string, Tool>) {
  const pairs: (readonly [name: string, left: Tool, right: Tool])[] = [];
  const findings: Finding[] = [];
  const left = [...b.keys()].filter((name) => !a.has(name));
  for (const [name, tool] of a) {
    const same = b.get(name);
    if (same !== undefined) {
      pairs.push([name, tool, same]);
      continue;
    }
    const meant = nearest(name, left);
    const other = meant === undefined ? undefined : b.get(meant);
    if (meant === undefined || other === undefined) {
      findings.push({ kind: "callable", tool: name, side: "between", text: "B does not list it" });
      continue;
    }
    left.splice(left.indexOf(meant), 1);
    const text = `B lists ${meant} instead: a call of ${name} does not find it`;
    findings.push({ kind: "callable", tool: name, side: "between", text, path: "name" });
    pairs.push([name, tool, other]);
  }
  for (const name of left)
    findings.push({ kind: "callable", tool: name, side: "between", text: "A does not list it" });
  return { pairs, findings };
}

/** A mistake that both sides have is no difference. */
function merged(findings: readonly Finding[]): Finding[] {
  const keyOf = ({ tool, kind, path, text }: Finding) => JSON.stringify([tool, kind, path, text]);
  const inA = new Set(findings.filter(({ side }) => side === "A").map(keyOf));
  const inB = new Set(findings.filter(({ side }) => side === "B").map(keyOf));
  return findings.flatMap((finding) => {
    const isInBoth = inA.has(keyOf(finding)) && inB.has(keyOf(finding));
    if (!isInBoth) return [finding];
    return finding.side === "A" ? [{ ...finding, side: "both" as const }] : [];
  });
}

/** Tools that are listed and cannot be called, with what of their registration may be the reason. */
function callFindings(
  a: Listing,
  b: Listing,
  inA: ReadonlyMap<string, Tool>,
  inB: ReadonlyMap<string, Tool>,
  others: readonly Finding[],
): Finding[] {
  const sides = [
    { side: "A", other: "B", calls: a.calls, otherCalls: b.calls, tools: inA },
    { side: "B", other: "A", calls: b.calls, otherCalls: a.calls, tools: inB },
  ] as const;
  return sides.flatMap(({ side, other, calls, otherCalls, tools }) =>
    [...calls].flatMap(([tool, outcome]) => {
      if (!tools.has(tool) || outcome.kind === "answered") return [];
      const there = otherCalls.get(tool);
      // A tool that says no by itself was found.
      if (outcome.kind === "tool error" && there?.kind !== "answered") return [];
      const how = outcome.kind === "no answer" ? outcome.text : `it answers ${outcome.text}`;
      const otherwise = there?.kind === "answered" ? `; ${other} answers it` : "";
      const [cause] = others.filter((one) => one.tool === tool).toSorted(byHarm);
      return [
        {
          kind: "callable" as const,
          tool,
          side: there?.kind === outcome.kind && there.text === outcome.text ? "both" : side,
          text: `${side} lists it, and a call fails: ${how}${otherwise}`,
          ...(cause === undefined ? {} : { cause: cause.text }),
        },
      ];
    }),
  );
}
