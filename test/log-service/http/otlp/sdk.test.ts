import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { expect, test } from "vitest";

import { keepingStore } from "../keep.ts";
import { startTestService } from "../support.ts";

test.each([
  ["JSON", JsonExporter],
  ["protobuf", ProtobufExporter],
])(
  "the OpenTelemetry SDK's exporter of %s sends records that are found",
  async (_name, Exporter) => {
    const { store, kept } = keepingStore();
    await using service = await startTestService({ store });
    const exporter = new Exporter({
      url: `${service.url}/v1/logs`,
      headers: { authorization: `Bearer ${service.key("writer")}` },
    });
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "checkout", "service.version": "1.4" }),
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    provider.getLogger("payments", "2.0").emit({
      severityNumber: 13,
      severityText: "WARN",
      body: "payment took 3 s",
      attributes: { order: 42, nested: { a: [1, "b"] } },
      timestamp: new Date("2026-01-02T03:04:05.678Z"),
    });
    await provider.shutdown();
    expect(kept).toMatchObject([
      {
        timestamp: "2026-01-02T03:04:05.678Z",
        level: "WARN",
        message: "payment took 3 s",
        source: "checkout",
        metadata: {
          order: 42,
          nested: { a: [1, "b"] },
          resource: { "service.version": "1.4" },
          scope: { name: "payments", version: "2.0" },
        },
      },
    ]);
  },
);
