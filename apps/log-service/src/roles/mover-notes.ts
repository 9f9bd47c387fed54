import type { Logger } from "pino";

import type { Moved, Skipped, Tended } from "../archive/port.ts";

/** What a mover tells, as it can be handed from its thread; errors as their texts. */
export type MoverNote =
  | { readonly kind: "failed" | "tendFailed"; readonly reason: string }
  | { readonly kind: "recovered" }
  | { readonly kind: "skipped"; readonly skipped: Skipped }
  | { readonly kind: "quarantined"; readonly records: number; readonly some: Moved["quarantined"] }
  | { readonly kind: "dropped"; readonly dropped: Tended["dropped"] };

export function logMoverNote(logger: Logger, note: MoverNote): void {
  switch (note.kind) {
    case "failed":
      logger.warn(
        { reason: note.reason },
        "Nothing can be archived; what comes waits in the hot store, and it is tried again",
      );
      break;
    case "recovered":
      logger.info("Records are archived again");
      break;
    case "tendFailed":
      logger.warn(
        { reason: note.reason },
        "The archive's days could not be made or dropped; it is tried again",
      );
      break;
    case "skipped":
      logger.warn(note.skipped, "Records that the archive will not have were passed over");
      break;
    case "quarantined":
      logger.warn(
        { records: note.records, some: note.some },
        "The archive put records aside that it cannot take",
      );
      break;
    case "dropped":
      logger.info({ days: note.dropped }, "The archive dropped days that are over");
  }
}
