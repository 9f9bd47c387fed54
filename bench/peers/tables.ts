import type { Expected, LoadPlan } from "./load-plan.ts";
import type { Figures } from "./measure.ts";
import { QUESTIONS, type Question } from "./peer.ts";

export function printTables(plan: LoadPlan, expected: Expected, figures: readonly Figures[]): void {
  console.log(
    `\n${expected.records} records of ${Math.round(expected.jsonBytes / expected.records)} bytes of JSON ` +
      `in batches of ${plan.size} over ${plan.connections} connections`,
  );
  const baseline = figures.find(({ name }) => name.startsWith("seeds"));
  console.table(
    Object.fromEntries(figures.map((one) => [one.name, ingestRow(one, expected, baseline)])),
  );
  console.log(
    "Milliseconds over HTTP: first time / median / 99th percentile [records in the answer]",
  );
  console.table(
    Object.fromEntries(
      QUESTIONS.map((question) => [
        labelOf(question, expected),
        Object.fromEntries(figures.map((one) => [one.name, latencyCell(one, question)])),
      ]),
    ),
  );
}

function ingestRow(figures: Figures, { records }: Expected, baseline: Figures | undefined) {
  const perCpu = figures.cpuSeconds === undefined ? undefined : records / figures.cpuSeconds;
  const baselinePerCpu =
    baseline?.cpuSeconds === undefined ? undefined : records / baseline.cpuSeconds;
  return {
    "records/s": Math.round(records / figures.seconds),
    "records/CPU-second": rounded(perCpu),
    "times the seeds'":
      perCpu === undefined || baselinePerCpu === undefined
        ? "-"
        : (perCpu / baselinePerCpu).toFixed(1),
    "bytes/record": rounded(
      figures.storedBytes === undefined ? undefined : figures.storedBytes / records,
    ),
    "idle MB": megabytes(figures.idleResident),
    "loaded MB": megabytes(figures.resident),
    "batch p50 ms": figures.p50.toFixed(1),
    "batch p99 ms": figures.p99.toFixed(1),
  };
}

function latencyCell({ questions }: Figures, question: Question): string {
  const latency = questions.get(question);
  if (latency === undefined) return "-";
  const { cold, p50, p99, count } = latency;
  return `${short(cold)} / ${short(p50)} / ${short(p99)} [${count}]`;
}

/** The right answer stands beside the question, where there is one for every draw. */
function labelOf(question: Question, expected: Expected): string {
  switch (question) {
    case "phrase, counted":
      return `${question} "${expected.phrase}" (${expected.phraseCount})`;
    case "regular expression":
      return `${question} (${expected.regexCount})`;
    case "count by level":
    case "histogram":
      return `${question} (${expected.records})`;
    default:
      return question;
  }
}

function short(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}

function rounded(value: number | undefined): number | "-" {
  return value === undefined ? "-" : Math.round(value);
}

function megabytes(bytes: number | undefined): number | "-" {
  return bytes === undefined ? "-" : Math.round(bytes / 1e6);
}
