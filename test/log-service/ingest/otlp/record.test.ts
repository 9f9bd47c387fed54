import { expect, test } from "vitest";

import {
  fromJson,
  fromProtobuf,
  inScope,
  protobuf,
  type KeyValue,
  type LogRecord,
} from "./support.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const span = "b7ad6b7169203331";
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** One record by each encoding: they have to mean the same. */
async function both(record: LogRecord, resource: KeyValue[] = []) {
  const ids = { traceId: trace, spanId: span };
  const bytes = { traceId: Buffer.from(trace, "hex"), spanId: Buffer.from(span, "hex") };
  const request = (logRecord: object) => [
    { resource: { attributes: resource }, scopeLogs: [{ logRecords: [logRecord] }] },
  ];
  const json = await fromJson({ resourceLogs: request({ ...record, ...ids }) });
  expect(await fromProtobuf(protobuf(request({ ...record, ...bytes })))).toEqual(json);
  expect(json.rejected).toEqual([]);
  const [only] = json.records;
  if (only === undefined) throw new Error("no record");
  return only;
}

test("time, level, message, ids, attributes, resource and scope land in their fields", async () => {
  const request = {
    resourceLogs: [
      {
        resource: { attributes: [text("service.name", "checkout"), text("host.name", "web-1")] },
        scopeLogs: [
          {
            scope: { name: "payments", version: "1.2", attributes: [text("lib", "x")] },
            logRecords: [
              {
                timeUnixNano: "1767323045123456789",
                observedTimeUnixNano: "1767323046000000000",
                severityNumber: 17,
                severityText: "ERROR",
                body: { stringValue: "card declined" },
                attributes: [text("user.id", "u1"), { key: "ms", value: { intValue: "331" } }],
                traceId: trace.toUpperCase(),
                spanId: span,
                flags: 1,
                eventName: "payment.declined",
              },
            ],
          },
        ],
      },
    ],
  };
  expect(await fromJson(request)).toEqual({
    rejected: [],
    records: [
      {
        id: "id",
        namespace: "default",
        timestamp: "2026-01-02T03:04:05.123456789Z",
        received: "2026-01-02T03:04:05.678Z",
        level: "ERROR",
        message: "card declined",
        source: "checkout",
        trace_id: trace,
        span_id: span,
        metadata: {
          "user.id": "u1",
          ms: 331,
          event_name: "payment.declined",
          observed_timestamp: "2026-01-02T03:04:06.000Z",
          trace_flags: 1,
          resource: { "host.name": "web-1" },
          scope: { name: "payments", version: "1.2", attributes: { lib: "x" } },
        },
      },
    ],
  });
});

test("the two encodings mean the same", async () => {
  const record = await both(
    {
      severityNumber: 10,
      severityText: "notice",
      body: { stringValue: "hällo" },
      attributes: [
        {
          key: "list",
          value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 1.5 }] } },
        },
        { key: "map", value: { kvlistValue: { values: [text("a", "b")] } } },
        { key: "none", value: {} },
        { key: "minus", value: { intValue: -5 } },
      ],
    },
    [text("service.name", "web")],
  );
  expect(record).toMatchObject({
    level: "INFO",
    source: "web",
    trace_id: trace,
    metadata: { list: [true, 1.5], map: { a: "b" }, none: null, minus: -5, severity: "notice" },
  });
});

test.each([
  [1, "TRACE"],
  [4, "TRACE"],
  [5, "DEBUG"],
  [9, "INFO"],
  [13, "WARN"],
  [17, "ERROR"],
  [20, "ERROR"],
  [24, "FATAL"],
])("severity number %d is %s", async (severityNumber, level) => {
  expect(await both({ severityNumber, body: { stringValue: "x" } })).toMatchObject({ level });
});

test("without a number the severity's text counts, and without both it is INFO", async () => {
  expect(await both({ severityText: "Warning" })).toMatchObject({
    level: "WARN",
    metadata: { severity: "Warning" },
  });
  expect(await both({ severityText: "loud" })).toMatchObject({ level: "INFO" });
  expect(await both({})).toMatchObject({ level: "INFO", message: "" });
});

test("a numeric timeUnixNano keeps all digits", async () => {
  const logRecords = '[{"timeUnixNano":1767323045123456789,"body":{"stringValue":"x"}}]';
  const { records } = await fromJson(
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":${logRecords}}]}]}`,
  );
  expect(records).toMatchObject([{ timestamp: "2026-01-02T03:04:05.123456789Z" }]);
});

test("without a time the observed one counts, and without both the time received", async () => {
  const { records } = await fromJson({
    resourceLogs: inScope(
      { observedTimeUnixNano: "1767323045123000000" },
      {
        timeUnixNano: 0,
      },
    ),
  });
  expect(records.map(({ timestamp }) => timestamp)).toEqual([
    "2026-01-02T03:04:05.123Z",
    "2026-01-02T03:04:05.678Z",
  ]);
});

test("a map with a message of its own is that message, the rest of it metadata", async () => {
  const values = [text("msg", "card declined"), { key: "code", value: { intValue: 51 } }];
  expect(await both({ body: { kvlistValue: { values } } })).toMatchObject({
    message: "card declined",
    metadata: { body: { code: 51 } },
  });
});

test.each([
  [{ intValue: 7 }, "7"],
  [{ boolValue: false }, "false"],
  [{ arrayValue: { values: [{ stringValue: "a" }, {}] } }, '["a",null]'],
  [{ kvlistValue: { values: [text("a", "b")] } }, '{"a":"b"}'],
])("a body that is no text is shown as JSON: %j", async (body, message) => {
  expect(await both({ body })).toMatchObject({ message });
});

test("integers beyond 2^53 and numbers that JSON lacks stay as text", async () => {
  const attributes = [
    { key: "big", value: { intValue: "9007199254740993" } },
    { key: "least", value: { intValue: "-9223372036854775808" } },
    { key: "nan", value: { doubleValue: "NaN" } },
  ];
  const { records } = await fromJson({ resourceLogs: inScope({ attributes }) });
  expect(records).toMatchObject([
    { metadata: { big: "9007199254740993", least: "-9223372036854775808", nan: "NaN" } },
  ]);
});

test("all values of an attribute that stands twice are kept", async () => {
  const attributes = [text("a", "1"), text("a", "2"), text("a", "3")];
  expect(await both({ attributes })).toMatchObject({ metadata: { a: ["1", "2", "3"] } });
});

test("an attribute with the name of a field of ours steps aside", async () => {
  const record = await both({ attributes: [text("resource", "disk")] }, [text("zone", "a")]);
  expect(record.metadata).toEqual({ "attributes.resource": "disk", resource: { zone: "a" } });
});

test("ids of nothing but zeroes are none", async () => {
  const { records } = await fromJson({
    resourceLogs: inScope({
      traceId: "0".repeat(32),
      spanId: "0".repeat(16),
    }),
  });
  expect(records[0]).not.toHaveProperty("trace_id");
  expect(records[0]).not.toHaveProperty("span_id");
});

test("resource and scope count wherever they stand", async () => {
  const scope = '"logRecords":[{"body":{"stringValue":"x"}}],"scope":{"name":"s"}';
  const resource = `"scopeLogs":[{${scope}}],"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]}`;
  expect((await fromJson(`{"resourceLogs":[{${resource}}]}`)).records).toMatchObject([
    { source: "web", metadata: { scope: { name: "s" } } },
  ]);
});
