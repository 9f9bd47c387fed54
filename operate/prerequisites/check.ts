import { OperateError } from "../errors.ts";

/** One thing that a cluster has to have, and whether it has it. */
export type Check = {
  /** ok; wrong; unknown: it could not be looked at */
  verdict: "ok" | "wrong" | "unknown";
  subject: string;
  wanted: string;
  found: string;
  /** What to do; empty where it is ok. */
  todo: string;
};

export const check = (
  isOk: boolean,
  subject: string,
  wanted: string,
  found: string,
  todo: string,
): Check => ({
  verdict: isOk ? "ok" : "wrong",
  subject,
  wanted,
  found,
  todo: isOk ? "" : todo,
});

/** Looks at one thing; where that fails the others go on. */
export async function attempt(
  subject: string,
  wanted: string,
  look: () => Promise<Check[]>,
): Promise<Check[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof OperateError)) throw error;
    const todo = error.code === "forbidden" ? "ask for the ClusterRole neurallog-status" : "";
    return [
      { verdict: "unknown", subject, wanted, found: `${error.message} [${error.code}]`, todo },
    ];
  }
}

/** Whether a version like `v1.36.3+k3s1` is at least one like `1.34`; undefined if it is none. */
export function isAtLeast(found: string, minimum: string): boolean | undefined {
  const parts = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(found);
  if (parts === null) return undefined;
  const wanted = minimum.split(".").map(Number);
  for (const [index, least] of wanted.entries()) {
    const part = Number(parts[index + 1] ?? "0");
    if (part !== least) return part > least;
  }
  return true;
}
