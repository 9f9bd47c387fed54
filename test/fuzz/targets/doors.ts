import { Clock, zoneOf } from "@neurallog/formats";

import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { readBulk } from "../../../apps/log-service/src/ingest/elasticsearch/read-bulk.ts";
import { readObjects } from "../../../apps/log-service/src/ingest/fields/read-objects.ts";
import { readGelf } from "../../../apps/log-service/src/ingest/gelf/read-gelf.ts";
import { readPlainLines } from "../../../apps/log-service/src/ingest/lines/read-lines.ts";
import { opentelemetry } from "../../../apps/log-service/src/ingest/otlp/generated/otlp.js";
import { readOtlpJson } from "../../../apps/log-service/src/ingest/otlp/read-json.ts";
import { readOtlpProtobuf } from "../../../apps/log-service/src/ingest/otlp/read-protobuf.ts";
import { readSyslogMessage } from "../../../apps/log-service/src/ingest/syslog/read-message.ts";
import { SyslogFramer } from "../../../apps/log-service/src/syslog/framing.ts";
import type { FuzzTarget } from "../fuzz.ts";

const context = { namespace: "default", received: 1_767_323_046_000 };
const clock = () => new Clock({ zone: zoneOf("UTC"), reference: context.received });
const allows = (error: unknown) => error instanceof ServiceError;

const values = [
  { key: "text", value: { stringValue: "é" } },
  { key: "list", value: { arrayValue: { values: [{ intValue: 5 }, { boolValue: true }, {}] } } },
  { key: "map", value: { kvlistValue: { values: [{ key: "a", value: { doubleValue: 1.5 } }] } } },
];
const map = { kvlistValue: { values } };
const about = { resource: { attributes: values } };
const scope = { name: "s", version: "1", attributes: values };
const record = { severityNumber: 17, severityText: "ERROR", body: { stringValue: "x" }, flags: 1 };
const { ExportLogsServiceRequest } = opentelemetry.proto.collector.logs.v1;
const protobuf = Buffer.from(
  ExportLogsServiceRequest.encode({
    resourceLogs: [
      {
        ...about,
        scopeLogs: [
          {
            scope,
            logRecords: [
              { ...record, traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, 7) },
              { body: map, attributes: values },
            ],
          },
        ],
      },
    ],
  }).finish(),
);
const json = Buffer.from(
  JSON.stringify({
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              {
                ...record,
                timeUnixNano: "1767323045123456789",
                traceId: "0af7",
                attributes: values,
              },
            ],
            scope,
          },
        ],
        ...about,
      },
    ],
  }),
);
const bulk = Buffer.from(
  [
    '{"create":{"_index":"a"}}',
    '{"@timestamp":"2026-01-02T03:04:05Z","message":"x","log":{"level":"warn"},"n":9007199254740993}',
    '{"index":{"_id":"7"}}',
    '{"log":"y","tags":["a"]}',
    '{"delete":{"_id":"1"}}',
  ].join("\n"),
);
const lines = Buffer.from(
  [
    "2026-01-02T03:04:06.000000001Z stdout F started",
    '{"log":"x\\n","stream":"stdout","time":"2025-10-11T22:14:15Z"}',
    "<34>Jan  2 03:04:05 box su[1]: failed",
    "level=info msg=a user=b",
    "  at pay (pay.js:1)",
  ].join("\n"),
);
const gelf = Buffer.from(
  '{"version":"1.1","host":"h","short_message":"s","full_message":"s f","timestamp":1767323045.1,"level":3,"_a":1}',
);
const rfc5424 = '<165>1 2026-01-02T03:04:05.1Z h app 1 ID [a@1 b="c\\"d"] text';
const rfc3164 = "<34>Jan  2 03:04:05 h su[1]: text";
const framed = Buffer.from(`${rfc3164}\n${rfc5424.length} ${rfc5424}5 <13>x<13>y\n`);

const target = (
  name: string,
  seeds: readonly Buffer[],
  run: (input: Buffer) => unknown,
): FuzzTarget => ({ name, seeds, run: async (input) => void (await run(input)), allows });

export const targets: readonly FuzzTarget[] = [
  target("otlp-protobuf", [protobuf], (input) => readOtlpProtobuf(input, context)),
  target("otlp-json", [json], (input) => readOtlpJson(input, context)),
  target("elasticsearch-bulk", [bulk], (input) => readBulk(input, "logs", context)),
  target("any-json", [bulk, gelf], (input) => readObjects(input, context)),
  target("plain-lines", [lines], (input) =>
    readPlainLines(input, { source: "s", join: true }, context),
  ),
  target("gelf", [gelf], (input) => readGelf(input, context)),
  target("syslog-message", [Buffer.from(rfc5424), Buffer.from(rfc3164)], (input) =>
    readSyslogMessage(input, "192.0.2.1", context, clock()),
  ),
  target("syslog-frames", [framed], (input) => {
    const framer = new SyslogFramer();
    const middle = input.length >> 1;
    framer.push(input.subarray(0, middle));
    framer.push(input.subarray(middle));
    framer.end();
  }),
];
