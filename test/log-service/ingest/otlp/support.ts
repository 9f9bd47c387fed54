import type { Batch } from "../../../../apps/log-service/src/ingest/batch.ts";
import { readOtlpJson } from "../../../../apps/log-service/src/ingest/otlp/read-json.ts";
import { readOtlpProtobuf } from "../../../../apps/log-service/src/ingest/otlp/read-protobuf.ts";
import { opentelemetry } from "../../../../apps/log-service/src/ingest/otlp/generated/otlp.js";
import { presentRecord } from "../../../../apps/log-service/src/record/present.ts";

export const context = { namespace: "default", received: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };

export type LogRecord = opentelemetry.proto.logs.v1.LogRecord.$Properties;
export type KeyValue = opentelemetry.proto.common.v1.KeyValue.$Properties;
export type ResourceLogs = opentelemetry.proto.logs.v1.ResourceLogs.$Properties;
const { ExportLogsServiceRequest } = opentelemetry.proto.collector.logs.v1;

/** A request as protobuf, written by the generated code. */
export function protobuf(resourceLogs: ResourceLogs[]): Buffer {
  return Buffer.from(ExportLogsServiceRequest.encode({ resourceLogs }).finish());
}

export const inScope = <T>(...logRecords: T[]) => [{ scopeLogs: [{ logRecords }] }];

/** What a batch holds, as callers would see it; rejections as they are. */
export function shown(batch: Batch) {
  return {
    records: batch.records.map((record) => presentRecord("id", record)),
    rejected: batch.rejected,
  };
}

export const fromProtobuf = async (bytes: Buffer) => shown(await readOtlpProtobuf(bytes, context));

export const fromJson = async (value: unknown) =>
  shown(
    await readOtlpJson(
      Buffer.isBuffer(value)
        ? value
        : Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
      context,
    ),
  );
