/** Kinds of differences, the likeliest to do harm first. */
export const KINDS = [
  "listing",
  "schema",
  "callable",
  "name",
  "missing",
  "type",
  "annotation",
  "description",
  "other",
] as const;
export type Kind = (typeof KINDS)[number];

export type Side = "A" | "B";

export interface Finding {
  readonly kind: Kind;
  readonly tool: string;
  /** Of which side it is; `both` is no difference between them, and a mistake all the same. */
  readonly side: Side | "both" | "between";
  /** Where in the tool: `inputSchema.properties.format`. */
  readonly path?: string;
  readonly text: string;
  /** What each side has, as JSON; undefined for nothing. */
  readonly a?: string | undefined;
  readonly b?: string | undefined;
  /** What of the registration the reason may be. */
  readonly cause?: string;
}

export function byHarm(a: Finding, b: Finding): number {
  return (
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    Number(a.side === "both") - Number(b.side === "both") ||
    compareText(a.tool, b.tool) ||
    compareText(a.path ?? "", b.path ?? "")
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
