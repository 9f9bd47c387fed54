import { SCAN_TOO_DEEP, SCAN_TOO_MANY } from "../record/json-scan.ts";
import type { Rejection } from "../record/normalize.ts";

/** Why a record is not parsed, from what `scanJson` answered; undefined if it may be. */
export function scanProblem(scanned: number): Rejection | undefined {
  if (scanned === SCAN_TOO_DEEP) {
    return { code: "NL_RECORD_TOO_DEEP", message: "the record is nested too deeply" };
  }
  if (scanned === SCAN_TOO_MANY) {
    return { code: "NL_RECORD_TOO_LARGE", message: "the record has more values than one may have" };
  }
  return undefined;
}
