import type {
  ArchiveQuery,
  ArchiveReader,
  ArchiveWriter,
  Condition,
} from "../../apps/log-service/src/archive/port.ts";
import type { PreparedRecord } from "../../apps/log-service/src/record/record.ts";
import { quantile, sorted } from "../support/figures.ts";
import { longestToken } from "./records.ts";

export interface Timed {
  readonly question: string;
  readonly results: number;
  readonly p50: number;
  readonly p95: number;
  readonly aim: number;
}

const word = (text: string): Condition => ({ kind: "word", text, isPrefix: false });

/** Asks each question with other values every time: nothing is answered from a cache of results. */
export async function timeQuestions(
  reader: ArchiveReader,
  samples: readonly PreparedRecord[],
  rounds: number,
  fullText: boolean,
): Promise<readonly Timed[]> {
  const sample = (round: number): PreparedRecord => {
    const found = samples[(round * 7_919) % samples.length];
    if (found === undefined) throw new Error("there is no sample");
    return found;
  };
  const of = (round: number): Condition => ({
    kind: "is",
    field: "source",
    values: [sample(round).source],
  });
  const questions: [string, number, (round: number) => Partial<ArchiveQuery>][] = [
    [
      "a trace by its id",
      5,
      (round) => ({
        condition: { kind: "is", field: "trace_id", values: [sample(round).traceId] },
      }),
    ],
    [
      "component and errors, the last 1,000",
      50,
      (round) => ({
        limit: 1_000,
        condition: { kind: "all", of: [of(round), { kind: "level", levels: [4, 5] }] },
      }),
    ],
    [
      "component before a moment, 1,000",
      50,
      (round) => ({
        limit: 1_000,
        to: { ms: sample(round).ms, nanos: 0 },
        condition: of(round),
      }),
    ],
    [
      "a value of the metadata",
      50,
      (round) => {
        const { user_id }: { user_id: number } = JSON.parse(sample(round).metadata);
        return { condition: { kind: "metadata", path: ["user_id"], value: user_id } };
      },
    ],
  ];
  if (fullText) {
    questions.push(
      [
        "a rare word",
        500,
        (round) => ({ condition: word(longestToken(sample(round).message)), limit: 100 }),
      ],
      ["a frequent word, the last 100", 500, () => ({ condition: word("connection"), limit: 100 })],
      [
        "two frequent words, the last 1,000",
        500,
        () => ({
          condition: { kind: "all", of: [word("connection"), word("reset")] },
          limit: 1_000,
        }),
      ],
      ["a word that is nowhere", 500, (round) => ({ condition: word(`nowhere${round}`) })],
      [
        "the beginning of a word",
        500,
        (round) => ({
          condition: {
            kind: "word",
            text: longestToken(sample(round).message).slice(0, 6),
            isPrefix: true,
          },
          limit: 100,
        }),
      ],
    );
  }
  const timed: Timed[] = [];
  for (const [question, aim, make] of questions) {
    const times: number[] = [];
    let results = 0;
    for (let round = 0; round < rounds; round += 1) {
      const query: ArchiveQuery = {
        namespaces: { only: ["bench"] },
        order: "desc",
        limit: 100,
        condition: { kind: "all", of: [] },
        ...make(round),
      };
      const before = performance.now();
      results += (await reader.read(query)).records.length;
      times.push(performance.now() - before);
    }
    timed.push({ question, results: results / rounds, ...quantiles(times), aim });
  }
  return timed;
}

export async function timeBatches(
  writer: ArchiveWriter,
  make: () => PreparedRecord,
  rounds: number,
): Promise<Timed> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const records = Array.from({ length: 100 }, make);
    const before = performance.now();
    await writer.storeDirectly("bench", records);
    times.push(performance.now() - before);
  }
  return { question: "a batch of 100 stored directly", results: 100, ...quantiles(times), aim: 10 };
}

function quantiles(times: readonly number[]): { readonly p50: number; readonly p95: number } {
  const list = sorted(times);
  return { p50: quantile(list, 0.5), p95: quantile(list, 0.95) };
}
