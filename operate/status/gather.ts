import { OperateError } from "../errors.ts";
import type { Reader } from "../kubernetes/reader.ts";
import type { Parts } from "./parts.ts";

/** Lists every part. What one user may not read, or this cluster does not have, stays a gap. */
export async function gather(reader: Reader, parts: Parts): Promise<void> {
  const all = Object.values(parts);
  const results = await Promise.allSettled(all.map((part) => part.list(reader)));
  const errors = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  for (const error of errors) if (!(error instanceof OperateError)) throw error;
  // A server that went away halfway leaves what was read; one that never answered is the whole answer.
  const [first] = errors;
  if (errors.length === all.length && first !== undefined) throw first;
}
