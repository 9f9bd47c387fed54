import { randomNumbers, readShapes, recordMaker, type BenchRecord } from "../ingest/records.ts";

/** What is sent, so that any process makes the same records again from it. */
export interface LoadPlan {
  readonly batches: number;
  readonly size: number;
  readonly connections: number;
  readonly corpus: string | undefined;
  readonly seed: number;
  /** The first record's time, milliseconds since the epoch: stores refuse or drop what is long past. */
  readonly startMs: number;
}

/** What the questions are about, drawn anew for each. */
export interface Draw {
  readonly trace: string;
  readonly absent: string;
  readonly phrase: string;
  readonly regex: string;
  /** The records' times, with a minute to spare on both sides. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the right answers are. */
export interface Expected {
  readonly records: number;
  readonly jsonBytes: number;
  readonly phrase: string;
  readonly phraseCount: number;
  readonly regex: string;
  readonly regexCount: number;
  readonly errors: number;
  readonly traces: readonly string[];
  readonly lastMs: number;
}

const MINUTE = 60_000;
const TRACES_KEPT = 4_096;
const REGEX = "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+:[0-9]+";

/** The plan's records, one after the other. */
export function* makeRecords(plan: LoadPlan): Generator<BenchRecord> {
  const make = recordMaker(readShapes(plan.corpus), plan.seed);
  let shift: number | undefined;
  for (let left = plan.batches * plan.size; left > 0; left -= 1) {
    const record = make();
    const ms = Date.parse(record.timestamp);
    shift ??= plan.startMs - ms;
    yield { ...record, timestamp: new Date(ms + shift).toISOString() };
  }
}

/** Goes through the plan's records once and counts what the questions will ask for. */
export function expect(plan: LoadPlan): Expected {
  const phrase = commonPhrase(readShapes(plan.corpus));
  const inPhrase = new RegExp(`\\b${phrase}\\b`);
  const inRegex = new RegExp(REGEX);
  const traces: string[] = [];
  let jsonBytes = 0;
  let phraseCount = 0;
  let regexCount = 0;
  let errors = 0;
  let lastMs = plan.startMs;
  let at = 0;
  const every = Math.max(1, Math.floor((plan.batches * plan.size) / TRACES_KEPT));
  for (const record of makeRecords(plan)) {
    jsonBytes += JSON.stringify(record).length;
    if (inPhrase.test(record.message)) phraseCount += 1;
    if (inRegex.test(record.message)) regexCount += 1;
    if (record.level === "ERROR") errors += 1;
    if (at++ % every === 0) traces.push(record.trace_id);
    lastMs = Date.parse(record.timestamp);
  }
  return {
    records: plan.batches * plan.size,
    jsonBytes,
    phrase,
    phraseCount,
    regex: REGEX,
    regexCount,
    errors,
    traces,
    lastMs,
  };
}

/** Draws what each question asks for: no store can have the answer ready. */
export function drawer(plan: LoadPlan, expected: Expected): () => Draw {
  const random = randomNumbers(plan.seed + 1);
  let next = 0;
  return () => {
    const trace = expected.traces[next++ % expected.traces.length] ?? "";
    const absent = Array.from({ length: 12 }, () => String.fromCharCode(97 + random(26))).join("");
    return {
      trace,
      absent,
      phrase: expected.phrase,
      regex: expected.regex,
      fromMs: plan.startMs - MINUTE,
      toMs: expected.lastMs + MINUTE,
    };
  };
}

/** Two words in a row that about one line in twenty has. */
function commonPhrase(shapes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const shape of shapes) {
    const pairs = new Set(
      [...shape.matchAll(/\b([A-Za-z]{3,})(?= ([A-Za-z]{3,})\b)/g)].map(
        ([, first, second]) => `${first} ${second}`,
      ),
    );
    for (const pair of pairs) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  const wanted = shapes.length / 20;
  let best = "";
  let distance = Infinity;
  for (const [pair, count] of counts) {
    if (Math.abs(count - wanted) < distance) {
      best = pair;
      distance = Math.abs(count - wanted);
    }
  }
  return best;
}
