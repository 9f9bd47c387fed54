import { type ErrorCode, errorMessage, type ErrorValues } from "../errors.ts";

export const STAGES = [
  "records",
  "releases",
  "drift",
  "build",
  "schema",
  "quota",
  "reachability",
  "platform",
] as const;
export type Stage = (typeof STAGES)[number];

/** Something that must not be merged. */
export interface Finding {
  readonly stage: Stage;
  readonly code: ErrorCode;
  /** Undefined where it concerns more than one tenant. */
  readonly tenant: string | undefined;
  readonly message: string;
}

/** The same for everything that one stage says of one tenant. */
export type Report = <C extends ErrorCode>(code: C, values: ErrorValues<C>) => void;

/** A list of findings and the function that adds to it. */
export function collector(
  stage: Stage,
  tenant: string | undefined,
): { findings: Finding[]; report: Report } {
  const findings: Finding[] = [];
  return {
    findings,
    report: (code, values) =>
      findings.push({ stage, code, tenant, message: errorMessage(code, values) }),
  };
}
