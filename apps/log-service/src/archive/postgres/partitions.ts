import type { Client, PoolClient } from "pg";

import type { Day } from "../days.ts";
import { dayOf, readDay, writeDay } from "../days.ts";
import { run } from "./connect.ts";

/** The table of a day: `logs_20260110`. */
export function tableOf(day: Day): string {
  return `logs_${writeDay(day).replaceAll("-", "")}`;
}

/** @returns undefined for a table that is none of a day. */
export function dayOfTable(table: string): Day | undefined {
  const [, year, month, date] = /^logs_(\d{4})(\d\d)(\d\d)$/.exec(table) ?? [];
  return year === undefined ? undefined : readDay(`${year}-${month}-${date}`);
}

/** The days that records may go into, oldest first. */
export async function attachedDays(client: Client | PoolClient): Promise<readonly Day[]> {
  const rows = await run(client, {
    text: `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass('neurallog.logs_days') AND NOT i.inhdetachpending
      ORDER BY c.relname`,
  });
  return rows.flatMap((row) => dayOfTable(row["relname"] ?? "") ?? []);
}

/** Which rows have a day's table; the others go into the one for times apart. */
export class Days {
  readonly #days: ReadonlySet<Day>;

  constructor(days: readonly Day[]) {
    this.#days = new Set(days);
  }

  has(receivedMs: number): boolean {
    return this.#days.has(dayOf(receivedMs));
  }
}
