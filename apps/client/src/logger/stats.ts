import type { NeuralLogError } from "../errors.ts";

/** How a logger does, since it was made; children share their parent's. */
export interface LoggerStats {
  /** False where nothing is ever sent. */
  readonly enabled: boolean;
  /** The least level that is sent now. */
  readonly level: string;
  /** Acknowledged by the service. */
  readonly sent: number;
  /** Refused by the service for good. */
  readonly rejected: number;
  /** The oldest, dropped where the queue was full. */
  readonly dropped: number;
  /** Batches that were sent again. */
  readonly retries: number;
  /** Neither sent nor given up. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** False while the service cannot be reached, or takes nothing. */
  readonly connected: boolean;
  readonly lastError: NeuralLogError | undefined;
}
