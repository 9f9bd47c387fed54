import { answerLoki } from "../../../apps/log-service/src/logql/answer.ts";
import { readJsonPush } from "../../../apps/log-service/src/ingest/loki/read-json.ts";
import { createLocalEngine } from "../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../apps/log-service/src/query/engine/port.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import { jsonPush } from "../ingest/loki/support.ts";

export interface Line {
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  readonly line: string;
  readonly structured?: Readonly<Record<string, string>>;
}

/** An engine over lines that came through Loki's door, `perBlock` of them in a block. */
export async function engineWith(lines: readonly Line[], perBlock = 7): Promise<QueryEngine> {
  const store = createMemoryStore();
  const context = { namespace: "default", received: 1_767_323_046_000 };
  for (let at = 0; at < lines.length; at += perBlock) {
    const streams = lines
      .slice(at, at + perBlock)
      .map(({ labels, time, line, structured = {} }) => ({
        stream: labels,
        values: [[String(time), line, structured]],
      }));
    const { records } = await readJsonPush(jsonPush(...streams), context);
    await store.append(records);
  }
  return createLocalEngine(store, {}, { loki: answerLoki });
}

export interface Samples {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

export interface StreamOf {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [string, string])[];
}

/** One of Loki's calls; its JSON. */
export async function call(
  engine: QueryEngine,
  name: string,
  parameters: Readonly<Record<string, string>>,
  argument = "",
): Promise<{ readonly status: string; readonly data: { readonly result: never } }> {
  const { body } = await engine.answer(
    {
      kind: "foreign",
      protocol: "loki",
      call: name,
      argument,
      flags: [],
      scope: { names: ["default"], carried: false },
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([key, value]) => [key, [value]]),
      ),
      nowMs: 1_767_400_000_000,
    },
    "json",
  );
  return JSON.parse(Buffer.from(body).toString());
}

export async function samples(
  engine: QueryEngine,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly Samples[]> {
  return (await call(engine, "query_range", parameters)).data.result;
}

export async function streams(
  engine: QueryEngine,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly StreamOf[]> {
  return (await call(engine, "query_range", parameters)).data.result;
}
