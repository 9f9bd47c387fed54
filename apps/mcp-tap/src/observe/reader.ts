import type { RawMessage } from "../message/raw.ts";

/** Finds the messages in a stream's bytes. */
export interface StreamReader {
  push(bytes: Uint8Array, at: number): RawMessage[];
  /** Bytes are missing here. */
  skip(): void;
  /** What is left when the stream ends. */
  end(at: number): RawMessage[];
}
