import type { Logger } from "pino";

import type { MovingTrouble } from "../archive/moving.ts";
import type { Moved, Skipped, Tended } from "../archive/port.ts";

/** What a mover tells, as it can be handed from its thread; errors as their texts. */
export type MoverNote =
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "recovered" }
  | { readonly kind: "troubled"; readonly trouble: MovingTrouble }
  | { readonly kind: "eased"; readonly trouble: MovingTrouble["kind"] }
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
    case "troubled":
      logger.warn({ reason: note.trouble.reason }, TROUBLES[note.trouble.kind]);
      break;
    case "eased":
      logger.info({ trouble: note.trouble }, "A trouble of the archive is over");
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

const TROUBLES: Readonly<Record<MovingTrouble["kind"], string>> = {
  tending: "The archive's days could not be made or dropped; it is tried again",
  clearing: "A clearing could not be carried out in the archive; it is tried again",
  cutOff: "A clearing that was cut off could not be finished; it is tried again",
  format: "Records cannot be archived by this version of the service",
  kept: "Somebody keeps a day of the archive",
  held: "Days of the archive are held back",
  clock: "A clock is not trusted to tell that the archive's days are over",
};
