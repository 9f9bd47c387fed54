import { readFileSync } from "node:fs";

import { Clock, fieldNames, zoneOf } from "@neurallog/formats";
import { describe, expect, test } from "vitest";

import type { Batch } from "../../../apps/log-service/src/ingest/batch.ts";
import { readBulk } from "../../../apps/log-service/src/ingest/elasticsearch/read-bulk.ts";
import { readObjects } from "../../../apps/log-service/src/ingest/fields/read-objects.ts";
import { readGelf } from "../../../apps/log-service/src/ingest/gelf/read-gelf.ts";
import { readPlainLines } from "../../../apps/log-service/src/ingest/lines/read-lines.ts";
import { readJsonPush } from "../../../apps/log-service/src/ingest/loki/read-json.ts";
import {
  LEVEL_LABELS,
  SOURCE_LABELS,
  SPAN_LABELS,
  TRACE_LABELS,
} from "../../../apps/log-service/src/ingest/loki/stream.ts";
import { readOtlpJson } from "../../../apps/log-service/src/ingest/otlp/read-json.ts";
import { readSyslogMessage } from "../../../apps/log-service/src/ingest/syslog/read-message.ts";
import { isRejection, type Rejection } from "../../../apps/log-service/src/record/normalize.ts";
import { presentRecord } from "../../../apps/log-service/src/record/present.ts";
import type { LogRecord, PreparedRecord } from "../../../apps/log-service/src/record/record.ts";

/** The page's table of what lands where is read here, and each name in each of its cells is sent. */

const page = readFileSync(new URL("../../../docs/send-logs.md", import.meta.url), "utf8");
const context = { namespace: "default", received: Date.parse("2026-06-01T00:00:00Z") };
const TIME = "2026-01-02T03:04:05.123456789Z";
const NANOS = "1767323045123456789";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const WANTED = {
  level: "ERROR",
  message: "it failed",
  source: "checkout",
  trace_id: TRACE,
  span_id: SPAN,
};

/** The names in each cell, by its row and column. */
function readTable(): Map<string, Map<string, readonly string[]>> {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| Here"));
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const columns = cells(lines[start] ?? "").slice(1);
  const table = new Map<string, Map<string, readonly string[]>>();
  for (let at = start + 2; lines[at]?.startsWith("|") === true; at += 1) {
    const [row = "", ...rest] = cells(lines[at] ?? "");
    const names = rest.map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
    table.set(
      row.replaceAll("`", ""),
      new Map(columns.map((column, at) => [column, names[at] ?? []])),
    );
  }
  return table;
}

const table = readTable();
const namesOf = (row: string, column: string) => table.get(row)?.get(column) ?? [];

function only(outcome: Batch | PreparedRecord | Rejection | undefined): LogRecord {
  const record = outcome !== undefined && "records" in outcome ? outcome.records[0] : outcome;
  if (record === undefined || isRejection(record)) throw new Error(JSON.stringify(outcome));
  return presentRecord("", record);
}

const bytesOf = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const otlp = async (logRecord: object, resource: object = {}) =>
  only(
    await readOtlpJson(
      bytesOf({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [logRecord] }] }] }),
      context,
    ),
  );
const loki = async (stream: object, ...entry: readonly unknown[]) =>
  only(await readJsonPush(bytesOf({ streams: [{ stream, values: [entry] }] }), context));
const gelf = (fields: object) =>
  only(readGelf(bytesOf({ short_message: "s", ...fields }), context));
const syslog = (text: string) =>
  only(
    readSyslogMessage(
      bytesOf(text),
      undefined,
      context,
      new Clock({ zone: zoneOf("UTC"), reference: context.received }),
    ),
  );
const string = (key: string, stringValue: string) => ({ key, value: { stringValue } });

const ROWS = ["level", "message", "source", "trace_id", "span_id"] as const;
/** What each row's field is sent as, in JSON. */
const SENT = { timestamp: TIME, ...WANTED, level: "error" } as const;

describe("any JSON, lines, Elasticsearch bulk", () => {
  const column = "any JSON, lines, Elasticsearch bulk";
  const doors: Readonly<Record<string, (fields: object) => Promise<LogRecord>>> = {
    json: async (fields) => only(await readObjects(bytesOf(fields), context)),
    lines: async (fields) =>
      only(await readPlainLines(bytesOf(fields), { source: undefined, join: true }, context)),
    bulk: async (fields) =>
      only(
        (
          await readBulk(
            bytesOf(`{"create":{"_index":"i"}}\n${JSON.stringify(fields)}`),
            "",
            context,
          )
        ).batch,
      ),
  };

  test.each([...ROWS, "timestamp"] as const)(
    "the names of %s are those that are known, and land there",
    async (row) => {
      expect(namesOf(row, column)).toEqual(fieldNames[row]);
      for (const name of namesOf(row, column)) {
        for (const send of Object.values(doors)) {
          const record = await send({
            message: "m",
            ...(row === "message" ? { message: undefined } : {}),
            [name]: SENT[row],
          });
          expect([name, record[row]]).toEqual([name, row === "timestamp" ? TIME : WANTED[row]]);
        }
        const dot = name.indexOf(".");
        if (dot === -1) continue;
        const inner = { [name.slice(0, dot)]: { [name.slice(dot + 1)]: SENT[row] } };
        expect((await doors["json"]?.({ message: "m", ...inner }))?.[row]).toBe(
          WANTED[row === "timestamp" ? "level" : row],
        );
      }
    },
  );

  test("tags are tags, and everything else is metadata", async () => {
    expect(namesOf("tags", column)).toEqual(["tags"]);
    expect(namesOf("metadata", column)).toEqual(["metadata", "data", "_index"]);
    for (const [door, send] of Object.entries(doors)) {
      for (const name of ["metadata", "data"]) {
        const record = await send({ msg: "m", tags: ["a"], order: 42, [name]: { inner: true } });
        expect(record.tags).toEqual(["a"]);
        expect(record.metadata).toEqual({
          order: 42,
          inner: true,
          ...(door === "bulk" && { _index: "i" }),
        });
      }
    }
  });

  test("a line without a message of its own is the message", async () => {
    expect((await doors["json"]?.({ order: 42 }))?.message).toBe('{"order":42}');
  });
});

describe("OTLP", () => {
  const samples: Readonly<Record<string, Readonly<Record<string, [object, object?]>>>> = {
    timestamp: {
      timeUnixNano: [{ timeUnixNano: NANOS, observedTimeUnixNano: "1" }],
      observedTimeUnixNano: [{ observedTimeUnixNano: NANOS }],
    },
    level: {
      severityNumber: [{ severityNumber: 17, severityText: "x" }],
      severityText: [{ severityText: "error" }],
    },
    message: {
      body: [{ body: { stringValue: WANTED.message } }],
      message: [{ body: { kvlistValue: { values: [string("message", WANTED.message)] } } }],
      msg: [{ body: { kvlistValue: { values: [string("msg", WANTED.message)] } } }],
    },
    source: Object.fromEntries(
      ["service.name", "k8s.container.name", "container.name", "host.name"].map((name) => [
        name,
        [{}, { attributes: [string(name, WANTED.source)] }],
      ]),
    ),
    trace_id: { traceId: [{ traceId: TRACE }] },
    span_id: { spanId: [{ spanId: SPAN }] },
  };

  test.each([...ROWS, "timestamp"] as const)("each name of %s lands there", async (row) => {
    expect(namesOf(row, "OTLP")).toEqual(Object.keys(samples[row] ?? {}));
    for (const [record, resource] of Object.values(samples[row] ?? {})) {
      expect((await otlp(record, resource))[row]).toBe(row === "timestamp" ? TIME : WANTED[row]);
    }
  });

  test("attributes and what is said around them are metadata", async () => {
    const values = [string("message", "m"), string("rest", "r")];
    const record = {
      timeUnixNano: NANOS,
      observedTimeUnixNano: "1767323046000000000",
      severityNumber: 18,
      severityText: "ERROR2",
      flags: 1,
      eventName: "e",
      body: { kvlistValue: { values } },
      attributes: [string("order", "42"), string("scope", "mine")],
    };
    const resourceLogs = [
      {
        resource: { attributes: [string("zone", "z")] },
        scopeLogs: [{ scope: { name: "s" }, logRecords: [record] }],
      },
    ];
    const { metadata = {}, tags } = only(await readOtlpJson(bytesOf({ resourceLogs }), context));
    const { order, "attributes.scope": mine, ...ours } = metadata;
    expect([order, mine, tags]).toEqual(["42", "mine", undefined]);
    expect(Object.keys(ours).toSorted()).toEqual(namesOf("metadata", "OTLP").toSorted());
    expect(namesOf("tags", "OTLP")).toEqual([]);
  });
});

describe("Loki push", () => {
  const labels = {
    level: LEVEL_LABELS,
    source: SOURCE_LABELS,
    trace_id: TRACE_LABELS,
    span_id: SPAN_LABELS,
  };

  test.each(["level", "source", "trace_id", "span_id"] as const)(
    "each label of %s lands there",
    async (row) => {
      expect(namesOf(row, "Loki push")).toEqual(labels[row]);
      for (const name of namesOf(row, "Loki push")) {
        expect((await loki({ [name]: SENT[row] }, NANOS, "line"))[row]).toBe(WANTED[row]);
        if (row === "source") continue;
        expect((await loki({}, NANOS, "line", { [name]: SENT[row] }))[row]).toBe(WANTED[row]);
      }
    },
  );

  test("time, line, labels and structured metadata", async () => {
    const record = await loki({ app: "a" }, NANOS, "level=error it failed", { order: "42" });
    expect(record).toMatchObject({
      timestamp: TIME,
      level: "ERROR",
      message: "level=error it failed",
    });
    expect(record.metadata).toEqual({ labels: { app: "a" }, order: "42" });
    expect(namesOf("metadata", "Loki push")).toEqual(["labels"]);
  });
});

describe("GELF", () => {
  test("each name lands in its field", () => {
    const sent: Readonly<Record<string, unknown>> = { ...SENT, timestamp: TIME, level: 3 };
    for (const row of ["timestamp", "level", "source", "trace_id", "span_id"] as const) {
      expect(namesOf(row, "GELF").length).toBeGreaterThan(0);
      for (const name of namesOf(row, "GELF")) {
        expect(gelf({ [name]: sent[row] })[row]).toBe(row === "timestamp" ? TIME : WANTED[row]);
      }
    }
    expect(namesOf("message", "GELF")).toEqual(["full_message", "short_message"]);
    expect(gelf({ short_message: "it", full_message: "it failed" }).message).toBe("it failed");
    expect(gelf({ short_message: "it", full_message: "failed" }).message).toBe("it\nfailed");
    expect(gelf({ host: "h", _order: 42, _: 1 }).metadata).toEqual({ host: "h", order: 42, _: 1 });
  });
});

describe("syslog", () => {
  test("both RFCs land in the fields", () => {
    const newer = syslog(`<131>1 ${TIME} web-1 checkout 77 ID7 [id@1 name="x"] it failed`);
    expect(newer).toMatchObject({
      timestamp: TIME,
      level: "ERROR",
      message: "it failed",
      source: "checkout",
    });
    expect(newer.metadata).toEqual({
      host: "web-1",
      pid: "77",
      facility: 16,
      message_id: "ID7",
      "id@1.name": "x",
    });
    expect(namesOf("metadata", "syslog")).toEqual([
      "host",
      "pid",
      "facility",
      "message_id",
      "id.name",
    ]);
    const older = syslog("<131>Jan  2 03:04:05 web-1 checkout[77]: it failed");
    expect(older).toMatchObject({
      timestamp: "2026-01-02T03:04:05Z",
      level: "ERROR",
      message: "it failed",
      source: "checkout",
    });
    expect(older.metadata).toMatchObject({ host: "web-1", facility: 16 });
  });
});

test("every field of a record has its row", () => {
  expect([...table.keys()]).toEqual([
    "timestamp",
    "level",
    "message",
    "source",
    "trace_id",
    "span_id",
    "tags",
    "metadata",
  ]);
});
