import { harmlessLine } from "../output/terminal.ts";
import type { Finding, Kind } from "./finding.ts";
import { COMPARE_LIMITS } from "./limits.ts";
import type { Listing } from "./listing.ts";

const TITLES: Readonly<Record<Kind, string>> = {
  listing: "THE LIST",
  schema: "INVALID SCHEMA",
  callable: "NOT CALLABLE",
  name: "NAME",
  missing: "MISSING",
  type: "TYPE",
  annotation: "ANNOTATION",
  description: "DESCRIPTION",
  other: "OTHER",
};

/** For people; what servers wrote can do nothing to their terminal. */
export function comparisonText(a: Listing, b: Listing, findings: readonly Finding[]): string {
  const lines = [`A  ${headOf(a)}`, `B  ${headOf(b)}`, ""];
  for (const [at, finding] of findings.slice(0, COMPARE_LIMITS.printed).entries()) {
    const { kind, tool, side, text, cause } = finding;
    const where = side === "both" ? " (both)" : "";
    const indent = "    ";
    lines.push(`${String(at + 1).padStart(2)}  ${TITLES[kind]}  ${tool}${where}`.trimEnd());
    lines.push(indent + said(finding, text));
    if (cause !== undefined) lines.push(`${indent}likely why: ${cause}`);
    if (finding.a !== undefined) lines.push(`${indent}A  ${finding.a}`);
    if (finding.b !== undefined) lines.push(`${indent}B  ${finding.b}`);
  }
  const more = findings.length - COMPARE_LIMITS.printed;
  if (more > 0) lines.push(`and ${more} more: --json has all of them`);
  lines.push(summaryOf(findings));
  return `${lines.map(harmlessLine).join("\n")}\n`;
}

/** Text that does not name its side does. */
function said({ side }: Finding, text: string): string {
  return side === "A" || side === "B"
    ? /\b[AB]\b/.test(text)
      ? text
      : `${text} (in ${side})`
    : text;
}

function headOf({ from, server, tools, protocol }: Listing): string {
  const facts = [server, `${tools.length} tools`, protocol].filter((fact) => fact !== "");
  return `${from}  (${facts.join(", ")})`;
}

function summaryOf(findings: readonly Finding[]): string {
  const different = findings.filter(({ side }) => side !== "both").length;
  const same = findings.length - different;
  const both = same === 0 ? "" : `; ${same} mistakes that both have`;
  if (different === 0) return `no difference${both}`;
  return `${different} difference${different === 1 ? "" : "s"}${both}`;
}
