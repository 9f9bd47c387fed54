import type { Tombstone } from "../../store/port.ts";

/**
 * Clearings that the archive may still have records of. Kept until they were carried out there, as
 * durably as the hot store keeps its own; every question for the archive applies them. Failures are
 * `ServiceError` with NL_STORE_UNAVAILABLE.
 */
export interface PendingClearings {
  /**
   * Keeps a place for one before the hot store is cleared: should that be cut off half-way, it is
   * finished later. Neither listed nor applied; its `upTo` is empty.
   * @throws ServiceError NL_CLEAR_LIMIT if there are too many.
   */
  begin(intended: Tombstone): Promise<void>;

  /** Those that were begun and neither added nor done, oldest first. */
  begun(): Promise<readonly Tombstone[]>;

  /**
   * Keeps one until `done`; resolved means kept. The same id again changes nothing.
   * @param begun The id of the one whose place it takes.
   * @throws ServiceError NL_CLEAR_LIMIT if there are too many, and it has no place.
   */
  add(tombstone: Tombstone, begun?: string): Promise<void>;

  /** All that are not done, of all namespaces, oldest first. */
  list(): Promise<readonly Tombstone[]>;

  /** Forgets them, begun ones too: the archive has nothing left that they cover. */
  done(ids: readonly string[]): Promise<void>;

  close(): void;
}
