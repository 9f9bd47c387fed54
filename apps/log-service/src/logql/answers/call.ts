import type { Asking } from "../../query/engine/asking.ts";
import type { Scope } from "../../query/engine/questions.ts";
import type { Parameters } from "../parameters.ts";
import type { Streams } from "../streams.ts";

/** One of Loki's calls, with what it is answered from. */
export interface Call {
  readonly parameters: Parameters;
  readonly scope: Scope;
  readonly streams: Streams;
  readonly asking: Asking;
  /** What the caller can read beside the plain form. */
  readonly flags: readonly string[];
  /** What follows the call's name in its path. */
  readonly argument: string;
}
