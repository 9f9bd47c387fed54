import { expect, test } from "vitest";

import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import {
  INGEST_LIMITS,
  OTLP_LIMITS,
  RECORD_LIMITS,
} from "../../../../apps/log-service/src/limits.ts";
import { fromJson, fromProtobuf, inScope, protobuf, type LogRecord } from "./support.ts";

const good: LogRecord = { body: { stringValue: "the neighbour" } };
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "taken",
    (error: unknown) => (error instanceof ServiceError ? error.code : error),
  );

/** A field of some bytes, as protobuf writes it. */
function field(number: number, bytes: Buffer): Buffer {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}
const request = (...logRecords: Buffer[]) =>
  field(1, field(2, Buffer.concat(logRecords.map((bytes) => field(2, bytes)))));
const neighbour = field(5, field(1, Buffer.from("the neighbour")));

/** The messages that were taken and the codes of those that were not. */
async function judged(
  outcome: Promise<{ records: { message: string }[]; rejected: readonly { code: string }[] }>,
) {
  const { records, rejected } = await outcome;
  return [...records.map(({ message }) => message), ...rejected.map(({ code }) => code)];
}

test.each([
  ["text of another protocol", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["a length beyond the body", Buffer.from([0x0a, 0x7f, 0x01])],
  ["an endless varint", Buffer.alloc(64, 0xff)],
  ["a field of number 0", Buffer.from([0x02, 0x00])],
  ["a truncated request", protobuf(inScope(good)).subarray(0, -3)],
  ["a scope longer than its resource", field(1, Buffer.from([0x12, 0x05, 0x00]))],
])("attack: %s is refused as a whole", async (_name, bytes) => {
  expect(await refusal(fromProtobuf(bytes))).toBe("NL_BODY_NOT_OTLP");
});

test("attack: a record of protobuf garbage costs its own place only", async () => {
  const garbage = Buffer.from([0x2a, 0x7f, 0x01, 0x02]);
  expect(await judged(fromProtobuf(request(garbage, neighbour)))).toEqual([
    "the neighbour",
    "NL_RECORD_NOT_PROTOBUF",
  ]);
});

test("attack: text that is not UTF-8 costs its own place only", async () => {
  const text = Buffer.from([0x61, 0xff, 0xfe]);
  const damaged = field(5, field(1, text));
  expect(await judged(fromProtobuf(request(damaged, neighbour)))).toEqual([
    "the neighbour",
    "NL_RECORD_NOT_PROTOBUF",
  ]);
  const json = Buffer.concat([
    Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"'),
    text,
    Buffer.from('"}},{"body":{"stringValue":"the neighbour"}}]}]}]}'),
  ]);
  expect(await judged(fromJson(json))).toEqual(["the neighbour", "NL_RECORD_NOT_UTF8"]);
});

test("attack: values ten thousand levels deep cost their own place only", async () => {
  let nested = field(1, Buffer.from("x"));
  for (let level = 0; level < 10_000; level += 1) nested = field(5, field(1, nested));
  expect(await judged(fromProtobuf(request(field(5, nested), neighbour)))).toEqual([
    "the neighbour",
    "NL_RECORD_NOT_PROTOBUF",
  ]);
  const deep = `${'{"arrayValue":{"values":['.repeat(10_000)}{}${"]}}".repeat(10_000)}`;
  expect(
    await judged(
      fromJson(
        `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${deep}},${JSON.stringify(good)}]}]}]}`,
      ),
    ),
  ).toEqual(["the neighbour", "NL_RECORD_TOO_DEEP"]);
});

test("attack: values deeper than a record keeps cost their own place only", async () => {
  let body = {};
  for (let level = 0; level < RECORD_LIMITS.depth; level += 1) {
    body = { arrayValue: { values: [body] } };
  }
  const resourceLogs = inScope({ body }, good);
  expect(await judged(fromJson({ resourceLogs }))).toEqual(["the neighbour", "NL_RECORD_TOO_DEEP"]);
});

test("attack: a message beyond the limit costs its own place only", async () => {
  const body = { stringValue: "x".repeat(RECORD_LIMITS.messageUnits + 1) };
  expect(await judged(fromProtobuf(protobuf(inScope({ body }, good))))).toEqual([
    "the neighbour",
    "NL_RECORD_TOO_LARGE",
  ]);
});

test("attack: attributes beyond the limit cost their own place only", async () => {
  const attributes = [
    { key: "k", value: { stringValue: "x".repeat(RECORD_LIMITS.metadataUnits) } },
  ];
  expect(await judged(fromProtobuf(protobuf(inScope({ attributes }, good))))).toEqual([
    "the neighbour",
    "NL_RECORD_TOO_LARGE",
  ]);
});

test("attack: a million empty attributes or values of JSON in one record are refused unread", async () => {
  for (const record of ['{"attributes":[', '{"body":{"arrayValue":{"values":[']) {
    const text = `${record}${"{},".repeat(500_000)}{}${record.includes("body") ? "]}}" : "]"}}`;
    const logRecords = `[${text},${JSON.stringify(good)}]`;
    const json = `{"resourceLogs":[{"scopeLogs":[{"logRecords":${logRecords}}]}]}`;
    expect(await judged(fromJson(json))).toEqual(["the neighbour", "NL_RECORD_TOO_LARGE"]);
  }
});

test("attack: half a million empty values in one record of protobuf are refused while they are decoded", async () => {
  const values = Buffer.alloc(1024 * 1024, Buffer.from([0x0a, 0x00]));
  const attributes = Buffer.alloc(1024 * 1024, Buffer.from([0x32, 0x00]));
  expect(
    await judged(fromProtobuf(request(field(5, field(5, values)), attributes, neighbour))),
  ).toEqual(["the neighbour", "NL_RECORD_TOO_LARGE", "NL_RECORD_TOO_LARGE"]);
});

test("attack: millions of empty values in one record are refused unread", async () => {
  const values = Buffer.alloc(INGEST_LIMITS.recordBytes, Buffer.from([0x0a, 0x00]));
  expect(await judged(fromProtobuf(request(field(5, field(5, values)), neighbour)))).toEqual([
    "the neighbour",
    "NL_RECORD_TOO_LARGE",
  ]);
});

test("attack: millions of empty resources or scopes are refused as a whole", async () => {
  const empty = (number: number) => Buffer.alloc(2 ** 21, Buffer.from([(number << 3) | 2, 0]));
  expect(await refusal(fromProtobuf(empty(1)))).toBe("NL_BATCH_TOO_LONG");
  expect(await refusal(fromProtobuf(field(1, empty(2))))).toBe("NL_BATCH_TOO_LONG");
  const many = Array.from({ length: OTLP_LIMITS.groups + 1 }, () => ({}));
  expect(await refusal(fromJson({ resourceLogs: many }))).toBe("NL_BATCH_TOO_LONG");
  const scopes = { resourceLogs: [{ scopeLogs: many }] };
  expect(await refusal(fromJson(scopes))).toBe("NL_BATCH_TOO_LONG");
});

test("attack: a resource of millions of empty attributes, or many resources of one, hold nobody up", async () => {
  const attributes = field(1, field(1, Buffer.alloc(4 * 1024 * 1024, Buffer.from([0x0a, 0x00]))));
  expect(await refusal(fromProtobuf(attributes))).toBe("NL_BODY_NOT_OTLP");
  const fewer = field(1, field(1, Buffer.alloc(1024 * 1024, Buffer.from([0x0a, 0x00]))));
  expect(await refusal(fromProtobuf(fewer))).toBe("NL_BODY_NOT_OTLP");
  // The last one counts, so that the others are not even decoded.
  const named = field(
    1,
    field(
      1,
      Buffer.concat([
        field(1, Buffer.from("service.name")),
        field(2, field(1, Buffer.from("web"))),
      ]),
    ),
  );
  const many = Buffer.concat([Buffer.alloc(1024 * 1024, Buffer.from([0x0a, 0x00])), named]);
  const { records } = await fromProtobuf(
    field(1, Buffer.concat([many, field(2, field(2, neighbour))])),
  );
  expect(records).toMatchObject([{ message: "the neighbour", source: "web" }]);
});

test("attack: more records than a batch may have are refused as a whole", async () => {
  const many = Buffer.alloc(2 * (INGEST_LIMITS.batchRecords + 1), Buffer.from([0x12, 0x00]));
  expect(await refusal(fromProtobuf(field(1, field(2, many))))).toBe("NL_BATCH_TOO_LONG");
});

test.each([
  ["the year 290,000", "9151314442816847872000"],
  ["the year 2300", "10413792000000000000"],
  ["before 1970", "-1"],
  ["no number", "now"],
  ["an object with a toString of its own", { toString: 1 }],
])("attack: a time %s costs its own place only", async (_name, timeUnixNano) => {
  const resourceLogs = inScope<unknown>({ timeUnixNano }, good);
  expect(await judged(fromJson({ resourceLogs }))).toEqual([
    "the neighbour",
    "NL_RECORD_TIMESTAMP",
  ]);
});

test.each([
  [
    "an attribute that changes prototypes",
    { attributes: [{ key: "__proto__", value: {} }] },
    "NL_RECORD_FORBIDDEN_KEY",
  ],
  ["attributes that are no list", { attributes: { a: 1 } }, "NL_RECORD_FIELD_TYPE"],
  [
    "an integer with a toString of its own",
    { body: { intValue: { toString: 1 } } },
    "NL_RECORD_FIELD_TYPE",
  ],
  ["an id that is not hexadecimal", { traceId: "zz" }, "NL_RECORD_FIELD_TYPE"],
  ["a body that is a bare text", { body: "x" }, "NL_RECORD_FIELD_TYPE"],
  ["a record that is a list", [], "NL_RECORD_NOT_AN_OBJECT"],
])("attack: %s costs its own place only", async (_name, record, code) => {
  expect(await judged(fromJson({ resourceLogs: inScope<unknown>(record, good) }))).toEqual([
    "the neighbour",
    code,
  ]);
});

test.each([
  "",
  "[]",
  '{"resourceLogs":{}}',
  '{"resourceLogs":[{]}',
  '{"resourceLogs":[]} x',
  "null",
])("attack: the JSON %s is refused as a whole", async (text) => {
  expect(await refusal(fromJson(text))).toBe("NL_BODY_NOT_JSON");
});

test("attack: a resource that cannot be read refuses its request, or records would lose their origin", async () => {
  const resource = { attributes: [{ key: 5 }] };
  const resourceLogs = [{ resource, scopeLogs: [{ logRecords: [good] }] }];
  expect(await refusal(fromJson({ resourceLogs }))).toBe("NL_BODY_NOT_OTLP");
});

test("members that are not known are passed over", async () => {
  const resourceLogs = inScope({ ...good, futureField: { a: [1] } });
  const { records } = await fromJson({ futureField: [{}], resourceLogs });
  expect(records).toHaveLength(1);
});
