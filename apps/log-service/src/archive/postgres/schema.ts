import { LEVELS } from "../../record/level.ts";

/**
 * What the indexes of words and of `data` take in before it is sorted in, many rows at once: a third of the work
 * for words, a quarter for `data`. Each search goes through it. 16 MB of words are some 50,000 rows and take about
 * ten milliseconds. 12 MB of `data` are up to 200,000 and take forty, for which its filters have fifty.
 */
const PENDING_KIB = { words: 16 * 1024, data: 12 * 1024 };

/**
 * The migrations, in order: each brings the schema from the version before to its own, and never
 * changes once it was released. docs/archive.md draws the result.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TYPE neurallog.level AS ENUM (${LEVELS.map((level) => `'${level}'`).join(", ")})`,

    // Columns of fixed width first: nothing is lost to alignment.
    `CREATE TABLE neurallog.logs (
      created_ns bigint NOT NULL,
      created_at timestamptz NOT NULL,
      received_at timestamptz NOT NULL,
      level neurallog.level NOT NULL,
      digits smallint NOT NULL,
      apart boolean NOT NULL,
      id text COLLATE "C" NOT NULL,
      namespace text COLLATE "C" NOT NULL,
      component text COLLATE "C",
      trace_id text COLLATE "C",
      span_id text COLLATE "C",
      message text COLLATE "C" NOT NULL,
      tags jsonb,
      data jsonb,
      words tsvector
    ) PARTITION BY LIST (apart)`,
    `CREATE INDEX logs_order ON neurallog.logs (created_ns, id)`,
    `CREATE INDEX logs_id ON neurallog.logs (id)`,
    // Hashed: ids come in no order, and a hash takes half the work that a tree of them does.
    `CREATE INDEX logs_trace ON neurallog.logs USING hash (trace_id) WHERE trace_id IS NOT NULL`,
    `CREATE INDEX logs_component ON neurallog.logs (component, created_ns)`,
    `CREATE INDEX logs_level ON neurallog.logs (created_ns, id) WHERE level >= 'WARN'::neurallog.level`,
    `CREATE INDEX logs_time ON neurallog.logs USING brin (created_at) WITH (autosummarize = on)`,
    `CREATE INDEX logs_data ON neurallog.logs USING gin (data jsonb_path_ops)`,
    `CREATE TABLE neurallog.logs_days PARTITION OF neurallog.logs FOR VALUES IN (false)
      PARTITION BY RANGE (received_at)`,
    `CREATE TABLE neurallog.logs_apart PARTITION OF neurallog.logs FOR VALUES IN (true)`,

    `CREATE TABLE neurallog.lanes (
      lane text COLLATE "C" PRIMARY KEY,
      namespace text COLLATE "C" NOT NULL,
      position text COLLATE "C" NOT NULL,
      committed bigint NOT NULL,
      skipped_overflow bigint NOT NULL DEFAULT 0,
      skipped_retention bigint NOT NULL DEFAULT 0,
      skipped_damaged bigint NOT NULL DEFAULT 0,
      moved_at timestamptz NOT NULL DEFAULT now()
    ) WITH (fillfactor = 50)`,

    `CREATE TABLE neurallog.direct_lanes (
      namespace text COLLATE "C" PRIMARY KEY,
      number bigint GENERATED ALWAYS AS IDENTITY (MINVALUE 0 START 0),
      commits bigint NOT NULL
    ) WITH (fillfactor = 50)`,

    `CREATE TABLE neurallog.counts (
      day date NOT NULL,
      namespace text COLLATE "C" NOT NULL,
      records bigint NOT NULL,
      oldest timestamptz NOT NULL,
      newest timestamptz NOT NULL,
      PRIMARY KEY (day, namespace)
    ) WITH (fillfactor = 50)`,

    `CREATE TABLE neurallog.quarantine (
      id text COLLATE "C" NOT NULL,
      namespace text COLLATE "C" NOT NULL,
      received_at timestamptz NOT NULL,
      reason text NOT NULL,
      record text NOT NULL,
      quarantined_at timestamptz NOT NULL DEFAULT now()
    )`,
    `CREATE INDEX quarantine_id ON neurallog.quarantine (id)`,
  ],
  [
    // What a batch that was stored directly is known by, so that it is not stored again.
    `CREATE TABLE neurallog.direct_batches (
      key uuid PRIMARY KEY,
      number bigint NOT NULL,
      commits bigint NOT NULL,
      stored_at timestamptz NOT NULL DEFAULT now(),
      records integer NOT NULL
    )`,
  ],
];

/** Of a new day's table: the index that all of them are parts of cannot be given it. */
export function pendingOfData(table: string): string {
  return `ALTER INDEX neurallog.${table}_data_idx SET (gin_pending_list_limit = ${PENDING_KIB.data})`;
}

/** Indexes for full text, on each table that holds records: written only where the tenant wants it. */
export function fullTextIndexes(table: string, concurrently = false): readonly string[] {
  const create = concurrently
    ? "CREATE INDEX CONCURRENTLY IF NOT EXISTS"
    : "CREATE INDEX IF NOT EXISTS";
  return [
    `${create} ${table}_words ON neurallog.${table} USING gin (words)
      WITH (gin_pending_list_limit = ${PENDING_KIB.words})`,
    // Records without words, as they were stored while full text was off, or have too many of them.
    `${create} ${table}_wordless ON neurallog.${table} (id) WHERE words IS NULL`,
  ];
}

/** What each role may do, and nothing else. @param writer @param reader As identifiers in SQL. */
export function grants(writer: string, reader: string): readonly string[] {
  return [
    `GRANT USAGE ON SCHEMA neurallog TO ${writer}, ${reader}`,
    `GRANT INSERT ON neurallog.logs, neurallog.quarantine TO ${writer}`,
    `GRANT SELECT, INSERT ON neurallog.direct_batches TO ${writer}`,
    `GRANT SELECT, INSERT, UPDATE ON neurallog.lanes, neurallog.direct_lanes, neurallog.counts TO ${writer}`,
    `GRANT SELECT ON neurallog.logs, neurallog.lanes, neurallog.counts, neurallog.quarantine TO ${reader}`,
  ];
}
