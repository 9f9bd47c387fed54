import { parseArgs } from "node:util";

import { createPostgresReader } from "../apps/log-service/src/archive/postgres/reader.ts";
import { createPostgresWriter } from "../apps/log-service/src/archive/postgres/writer.ts";
import { insertRate } from "./archive/baselines.ts";
import { load } from "./archive/load.ts";
import { timeBatches, timeQuestions, type Timed } from "./archive/questions.ts";
import { preparedMaker } from "./archive/records.ts";
import { startBenchServer, type BenchServer } from "./archive/server.ts";

const HELP = `npm run bench -- archive [--rows 100000] [--rounds 25] [--only on|off]
  Moves records into PostgreSQL as the worker does, all indexes present, with and without full text, beside INSERT by
  row and by 1,000 rows; then asks. The aims are those of 10 million rows: --rows 10000000 (15 GB of disk, 20 minutes).`;

interface Options {
  readonly rows: number;
  readonly rounds: number;
}

/** How fast the archive takes records and answers. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: "string", default: "100000" },
      rounds: { type: "string", default: "25" },
      only: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const options = { rows: Number(values.rows), rounds: Number(values.rounds) };
  const server = await startBenchServer();
  try {
    console.log(`PostgreSQL ${server.version}, ${options.rows} rows over ten days`);
    const rows = await insertRate(server, 2_000, 1);
    const many = await insertRate(server, 20_000, 1_000);
    console.table([
      { "baseline, a usual schema": "INSERT by row", "rows/s": Math.round(rows) },
      { "baseline, a usual schema": "INSERT by 1,000 rows", "rows/s": Math.round(many) },
    ]);
    if (values.only !== "off") await measure(server, options, true, many);
    if (values.only !== "on") await measure(server, options, false, many);
  } finally {
    await server.stop();
  }
}

async function measure(
  server: BenchServer,
  { rows, rounds }: Options,
  fullText: boolean,
  baseline: number,
): Promise<void> {
  const database = fullText ? "with_full_text" : "without_full_text";
  const { overall, last, samples } = await load(server, database, rows, fullText);
  const aim = fullText ? 25_000 : 100_000;
  const name = `moved, full text ${fullText ? "on" : "off"}`;
  const rate = (part: string, value: number): Record<string, unknown> => ({
    [name]: part,
    "rows/s": Math.round(value),
    aim,
    "of the aim": (value / aim).toFixed(2),
    "times INSERT by 1,000": (value / baseline).toFixed(1),
  });
  console.table([rate("all rows", overall), rate("the last tenth", last)]);
  const admin = await server.connect(database);
  // What autovacuum does within a minute.
  await admin.query("ANALYZE");
  const size = await admin.query("SELECT pg_database_size(current_database()) AS bytes");
  await admin.end();
  console.log(`${Math.round(Number(size.rows[0].bytes) / rows)} bytes a row on disk`);

  const { reader: asReader, writer: asWriter } = server.addresses(database);
  const reader = createPostgresReader(asReader);
  const writer = createPostgresWriter({ writer: asWriter, fullText });
  const timed = [...(await timeQuestions(reader, samples, rounds, fullText))];
  timed.push(await timeBatches(writer, preparedMaker(rounds * 100, 1_000, Date.now()), rounds));
  console.table(timed.map(shown));
  await reader.close();
  await writer.close();
  await server.drop(database);
}

function shown({ question, results, p50, p95, aim }: Timed): Record<string, unknown> {
  return {
    question,
    results: Math.round(results),
    "p50 ms": p50.toFixed(1),
    "p95 ms": p95.toFixed(1),
    "aim ms": aim,
    met: p50 <= aim ? "yes" : "no",
  };
}
