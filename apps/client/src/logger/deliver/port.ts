import type { NeuralLogError } from "../../errors.ts";

/** What is sent in one try. */
export interface Batch {
  /** Records as lines of JSON, without a newline at the end. */
  readonly body: Buffer;
  /** The same at every try of the same batch. */
  readonly key: string;
}

/** What became of them. */
export type Outcome =
  /** Answered: so many were taken, and so many refused for good. */
  | { readonly kind: "done"; readonly accepted: number; readonly rejected: number }
  /** Not taken now. `left` are those that may be sent again; left out: all. */
  | {
      readonly kind: "again";
      readonly error: NeuralLogError;
      readonly afterMs?: number | undefined;
      readonly left?: readonly string[];
      readonly accepted?: number;
      readonly rejected?: number;
      /** True when some may have been stored: they may only be sent again under the same key. */
      readonly isUnsure: boolean;
      /** True for refusals that may pass, but are not waited for without end. */
      readonly isRefusal?: boolean;
    }
  /** Too large as a whole. */
  | { readonly kind: "too-large"; readonly error: NeuralLogError }
  /** Never taken, however often. */
  | { readonly kind: "refused"; readonly error: NeuralLogError };

/** Takes batches to a log service. Nothing of it holds the process open but a connect and a write under way. */
export interface Delivery {
  /** Never rejects. One at a time. */
  deliver(batch: Batch): Promise<Outcome>;
  /** Ends what is under way. */
  close(): void;
}
