import type { Tombstone } from "../../store/port.ts";

/**
 * Clearings that the archive may still have records of. Kept until they were carried out there, as
 * durably as the hot store keeps its own; every question for the archive applies them. Failures are
 * `ServiceError` with NL_STORE_UNAVAILABLE.
 */
export interface PendingClearings {
  /**
   * Keeps one until `done`; resolved means kept. The same id again changes nothing.
   * @throws ServiceError NL_CLEAR_LIMIT if there are too many.
   */
  add(tombstone: Tombstone): Promise<void>;

  /** All that are not done, of all namespaces, oldest first. */
  list(): Promise<readonly Tombstone[]>;

  /** Forgets them: the archive has nothing left that they cover. */
  done(ids: readonly string[]): Promise<void>;

  close(): void;
}
