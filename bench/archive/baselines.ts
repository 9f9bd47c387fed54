import { levelName } from "../../apps/log-service/src/record/level.ts";
import type { PreparedRecord } from "../../apps/log-service/src/record/record.ts";
import { preparedMaker } from "./records.ts";
import type { BenchServer } from "./server.ts";

const HOUR_MS = 3_600_000;

/** The table of a usual logging schema: a random key, PostgreSQL's own full text, one table for all. */
const SCHEMA = [
  `CREATE TABLE logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    trace_id text, component text NOT NULL, level text NOT NULL, message text NOT NULL,
    data jsonb, created_at timestamptz NOT NULL
  )`,
  "CREATE INDEX ON logs (trace_id) WHERE trace_id IS NOT NULL",
  "CREATE INDEX ON logs (component, created_at DESC)",
  "CREATE INDEX ON logs (level) WHERE level IN ('ERROR', 'WARN')",
  "CREATE INDEX ON logs USING gin (to_tsvector('english', message))",
  "CREATE INDEX ON logs USING gin (data jsonb_path_ops)",
];

/** Rows a second of INSERT, by so many rows a statement, each of them a transaction. */
export async function insertRate(
  server: BenchServer,
  rows: number,
  together: number,
): Promise<number> {
  const database = `inserts_${together}`;
  await server.database(database);
  const client = await server.connect(database);
  for (const sql of SCHEMA) await client.query(sql);
  const make = preparedMaker(rows, HOUR_MS, Date.now());
  const places = Array.from({ length: together }, (_, row) => {
    const place = (column: number): string => `$${row * 6 + column}`;
    return `(${[1, 2, 3, 4, 5, 6].map(place).join(", ")})`;
  });
  const text = `INSERT INTO logs (trace_id, component, level, message, data, created_at)
    VALUES ${places.join(", ")}`;
  let taken = 0;
  for (let done = 0; done < rows; done += together) {
    const values = Array.from({ length: together }, make).flatMap(valuesOf);
    const before = performance.now();
    await client.query({ name: "insert", text, values });
    taken += performance.now() - before;
  }
  await client.end();
  return (rows / taken) * 1_000;
}

function valuesOf({ traceId, source, level, message, metadata, ms }: PreparedRecord): unknown[] {
  return [traceId, source, levelName(level), message, metadata, new Date(ms).toISOString()];
}
