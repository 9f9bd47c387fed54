import { parseArgs } from "node:util";

import { createMemoryClearings } from "../apps/log-service/src/archive/clearings/memory.ts";
import type { ArchiveReader } from "../apps/log-service/src/archive/port.ts";
import { createPostgresReader } from "../apps/log-service/src/archive/postgres/reader.ts";
import { createLocalEngine } from "../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../apps/log-service/src/query/engine/port.ts";
import type { Question } from "../apps/log-service/src/query/engine/questions.ts";
import {
  contains,
  EVERYTHING,
  valueIs,
  type Filter,
} from "../apps/log-service/src/query/filter.ts";
import { narrow } from "../apps/log-service/src/query/narrow.ts";
import type { PreparedRecord } from "../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../apps/log-service/src/store/port.ts";
import { load } from "./archive/load.ts";
import { longestToken, preparedMaker } from "./archive/records.ts";
import { startBenchServer } from "./archive/server.ts";
import { quantile, sorted, timed } from "./support/figures.ts";

const HELP = `npm run bench -- archive-search [--rows 100000] [--rounds 25] [--hot 20000]
  One search over the hot store and PostgreSQL, through the whole engine, beside what the archive alone takes for the same
  condition; then what an archive costs a question that the hot store answers. The aims are those of --rows 10000000.`;

/** The archive's rows are of one namespace, and so are the hot ones. */
const NAMESPACE = "bench";
const SCOPE = { names: [NAMESPACE], carried: false };

interface Asked {
  readonly name: string;
  readonly aim: number | undefined;
  readonly make: (sample: PreparedRecord, round: number) => Question;
}

/** How fast one search over both is. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: "string", default: "100000" },
      rounds: { type: "string", default: "25" },
      hot: { type: "string", default: "20000" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const [rows, rounds, hotRows] = [values.rows, values.rounds, values.hot].map(Number);
  if (rows === undefined || rounds === undefined || hotRows === undefined) return;
  const server = await startBenchServer();
  try {
    console.log(`PostgreSQL ${server.version}, ${rows} archived rows, ${hotRows} hot ones`);
    const { samples } = await load(server, "search", rows, true);
    const admin = await server.connect("search");
    await admin.query("ANALYZE");
    await admin.end();
    const reader = createPostgresReader(server.addresses("search").reader);
    const hot = await hotStore(hotRows);
    const clearings = createMemoryClearings();
    const engine = createLocalEngine(hot, {}, {}, { reader, clearings });
    console.table(await timeAll(engine, reader, samples, rounds));
    console.table(await timeHot(hot, engine, rounds));
    await reader.close();
  } finally {
    await server.stop();
  }
}

/** Newer than what is archived, of the same sources and words. */
async function hotStore(rows: number): Promise<LogStore> {
  const store = createMemoryStore();
  const make = preparedMaker(Math.max(1, rows), 60_000, Date.now());
  for (let done = 0; done < rows; done += 1_000) {
    const records = Array.from({ length: Math.min(1_000, rows - done) }, make);
    await store.append(records.map((record) => ({ ...record, namespace: NAMESPACE })));
  }
  return store;
}

function page(filter: Filter, limit: number, fields: object = {}): Question {
  return { kind: "search", scope: SCOPE, filter, order: "desc", limit, ...fields };
}

function phrase(text: string): Filter {
  return {
    kind: "like",
    field: "message",
    parts: [text],
    start: "word",
    end: "word",
    ignoreCase: true,
  };
}

const QUESTIONS: readonly Asked[] = [
  {
    name: "a trace by its id",
    aim: 5,
    make: ({ traceId }) => ({
      kind: "trace",
      scope: SCOPE,
      filter: EVERYTHING,
      traceId,
      limit: 1_000,
    }),
  },
  {
    name: "component and errors, the last 1,000",
    aim: 50,
    make: ({ source }) =>
      page(
        {
          kind: "all",
          of: [valueIs("source", source), { kind: "level", levels: ["ERROR", "FATAL"] }],
        },
        1_000,
      ),
  },
  {
    name: "component before a moment, 1,000",
    aim: 50,
    make: ({ source, ms }) => page(valueIs("source", source), 1_000, { to: { ms, nanos: 0 } }),
  },
  {
    name: "a value of the metadata",
    aim: 50,
    make: ({ metadata }) => {
      const { user_id }: { user_id: number } = JSON.parse(metadata);
      return page(valueIs("metadata.user_id", String(user_id)), 100);
    },
  },
  {
    name: "a rare word",
    aim: 500,
    make: ({ message }) => page(phrase(longestToken(message)), 100),
  },
  {
    name: "a phrase of frequent words, the last 1,000",
    aim: 500,
    make: () => page(phrase("connection reset"), 1_000),
  },
  {
    name: "a word that is nowhere",
    aim: 500,
    make: (_, round) => page(phrase(`nowhere${round}`), 100),
  },
  {
    name: "a substring, the last 100",
    aim: undefined,
    make: () => page(contains("message", "onnection", true), 100),
  },
  {
    name: "a count by level of all",
    aim: undefined,
    make: () => ({ kind: "count", scope: SCOPE, filter: EVERYTHING, by: "level" }),
  },
];

/** Other values each time: nothing is answered from a cache of results. */
async function timeAll(
  engine: QueryEngine,
  reader: ArchiveReader,
  samples: readonly PreparedRecord[],
  rounds: number,
): Promise<readonly Record<string, unknown>[]> {
  const table: Record<string, unknown>[] = [];
  for (const { name, aim, make } of QUESTIONS) {
    const [whole, alone]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const sample = samples[(round * 7_919) % samples.length];
      if (sample === undefined) throw new Error("there is no sample");
      const question = make(sample, round);
      whole.push(await timed(() => engine.ask(question)));
      alone.push(await timed(() => archiveAlone(reader, question)));
    }
    const [all, bare] = [sorted(whole), quantile(sorted(alone), 0.5)];
    const p50 = quantile(all, 0.5);
    table.push({
      question: name,
      "p50 ms": p50.toFixed(1),
      "p95 ms": quantile(all, 0.95).toFixed(1),
      "archive alone": bare.toFixed(1),
      times: (p50 / bare).toFixed(2),
      "aim ms": aim ?? "-",
      met: aim === undefined ? "-" : p50 <= aim ? "yes" : "no",
    });
  }
  return table;
}

/** The same records, as the archive gives them to whoever asks it for nothing but these. */
async function archiveAlone(reader: ArchiveReader, question: Question): Promise<unknown> {
  if (question.kind === "count") {
    const { condition } = narrow(question.filter);
    return reader.tally({ namespaces: { only: [NAMESPACE] }, condition, by: ["level"], limit: 10 });
  }
  if (question.kind !== "search" && question.kind !== "trace") return undefined;
  const filter =
    question.kind === "trace" ? valueIs("trace_id", question.traceId) : question.filter;
  const { condition, from, to } = narrow(filter, question);
  const order = question.kind === "trace" ? "asc" : question.order;
  const { limit } = question;
  return reader.read({ namespaces: { only: [NAMESPACE] }, condition, from, to, order, limit });
}

/** A page of the newest, which the hot store has, with and without an archive behind it. */
async function timeHot(
  hot: LogStore,
  engine: QueryEngine,
  rounds: number,
): Promise<readonly Record<string, unknown>[]> {
  const plain = createLocalEngine(hot);
  const make = preparedMaker(1_000, 60_000, Date.now());
  await hot.append(Array.from({ length: 1_000 }, () => ({ ...make(), namespace: "young" })));
  const table: Record<string, unknown>[] = [];
  for (const [name, namespace] of [
    ["of a namespace that the archive has too", NAMESPACE],
    ["of one that the hot store alone has", "young"],
  ] as const) {
    const scope = { names: [namespace], carried: false };
    const question = page(EVERYTHING, 100, { scope });
    const [without, beside]: [number[], number[]] = [[], []];
    for (let round = 0; round < 4 * rounds; round += 1) {
      without.push(await timed(() => plain.ask(question)));
      beside.push(await timed(() => engine.ask(question)));
    }
    const [alone, both] = [quantile(sorted(without), 0.5), quantile(sorted(beside), 0.5)];
    table.push({
      "the newest 100, p50 ms": name,
      "without an archive": alone.toFixed(2),
      "with one": both.toFixed(2),
      more: (both - alone).toFixed(2),
    });
  }
  return table;
}
