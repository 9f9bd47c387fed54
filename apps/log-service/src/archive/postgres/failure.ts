import { ServiceError } from "../../errors.ts";
import { POSTGRES_LIMITS } from "../limits.ts";

/** The five characters by which PostgreSQL says what went wrong; "" for what did not come from there. */
export function sqlState(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : "";
}

/** A row that no retry will make fit: bad data, a value too large for an index, a violated constraint. */
export function isPoison(error: unknown): boolean {
  return error instanceof PoisonError || /^(?:22|54|23)/.test(sqlState(error));
}

/** The table of a row's day is not there, or is being taken away. */
export function isDayGone(error: unknown): boolean {
  const message = messageOf(error);
  switch (sqlState(error)) {
    // No partition for the row, or one whose constraint the row violates.
    case "23514":
      return message.includes("partition");
    case "42P01":
      return true;
    // Dropped between the look at the list of partitions and the lock.
    case "XX000":
      return message.includes("could not open relation");
    default:
      return false;
  }
}

/** What a record is put aside for before the database has seen it. */
export class PoisonError extends Error {
  override readonly name = "PoisonError";
}

/**
 * What callers are told. The cause has the reason; never a password, as PostgreSQL's errors have
 * none, and no log text: that stands in their `detail` and `where`, which are left out.
 */
export function unavailable(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError("NL_ARCHIVE_UNAVAILABLE", undefined, {
    cause: new Error(reasonOf(error)),
  });
}

export function reasonOf(error: unknown): string {
  const state = sqlState(error);
  const message = messageOf(error).slice(0, POSTGRES_LIMITS.reasonUnits);
  const hint = HINTS[state];
  return [
    state === "" ? message : `${state}: ${message}`,
    ...(hint === undefined ? [] : [hint]),
  ].join("; ");
}

const HINTS: Readonly<Record<string, string>> = {
  "42P01": "the archive's tables are made by the work role: has it run?",
  "3F000": "the archive's schema is made by the work role: has it run?",
  "28P01": "look at the password file of this role",
  "53100": "the database's disk is full",
};

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A connection tried at several addresses fails with one error for each.
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join("; ");
  }
  return error.message;
}
