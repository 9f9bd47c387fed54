import { google, opentelemetry } from "../../../apps/log-service/src/ingest/otlp/generated/otlp.js";

/** What a door answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** A way in over HTTP, and what it makes of records that attack it. */
export interface Door {
  readonly name: string;
  readonly path: string;
  readonly type: string;
  /** A body of these records. */
  body(records: readonly Buffer[]): Buffer;
  /** A record that is fine. */
  good(message: string): Buffer;
  /** What a reply says of an error; throws where it is not in the protocol's own form. */
  told(reply: Reply): string;
  /** Bytes of nothing: the code of the refusal, or undefined where any bytes are text. */
  readonly garbage: string | undefined;
  /** The code that a record of each kind is refused with, or undefined where it is taken. */
  readonly bad: Readonly<Record<string, readonly [record: Buffer, code: string | undefined]>>;
}

const { ExportLogsServiceResponse } = opentelemetry.proto.collector.logs.v1;

const DEEP = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
const MANY = `[${"0,".repeat(500_000)}0]`;
const HUGE = "x".repeat(2 * 1024 * 1024);
const TRACE = "0af7651916cd43dd8448eb211c80319c";
/** The years 290,000 and 1969, in nanoseconds, and one that is exact to the last digit. */
const NANOS = {
  late: "9089103974400000000000",
  early: "-1000000000",
  exact: "1767323045123456789",
};

const json = (bytes: Buffer): unknown => JSON.parse(bytes.toString());
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  );

function texts(reply: Reply, ...paths: readonly (readonly string[])[]): string {
  const value = json(reply.bytes);
  const found = paths.map((path) => at(value, ...path)).find((text) => text !== undefined);
  if (found === undefined) throw new Error(`no error of this protocol: ${reply.bytes.toString()}`);
  return JSON.stringify(found);
}

const ours = (reply: Reply) => texts(reply, ["rejected", "0"], ["error"]);
const joined = (separator: string) => (records: readonly Buffer[]) =>
  Buffer.concat(records.flatMap((record) => [record, Buffer.from(separator)]));

/** Records of a door whose records are JSON objects. */
function objects(
  about: (message: string, more: string) => string,
  time: string,
  codes: Readonly<Record<string, string | undefined>>,
): Pick<Door, "good" | "bad"> {
  const record = (more: string, message = "bad") => Buffer.from(about(message, more));
  const records: Readonly<Record<string, Buffer>> = {
    "ten thousand levels": record(`"metadata":{"x":${DEEP}}`),
    "half a million values": record(`"metadata":{"x":${MANY}}`),
    "two megabytes of message": record(`"a":1`, HUGE),
    "the year 290,000": record(`"${time}":"+290000-01-01T00:00:00Z"`),
    "before 1970": record(`"${time}":"1969-12-31T23:59:59Z"`),
    "a key twice": record(`"metadata":{"x":1,"x":2}`),
    "a key that changes prototypes": record(`"metadata":{"__proto__":{"x":1}}`),
    "text that is not UTF-8": Buffer.concat([
      record(`"metadata":{"x":"`).subarray(0, -1),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}}'),
    ]),
    "half an object": record(`"metadata":{"x":1}`).subarray(0, -2),
  };
  return {
    good: (message) => record(`"metadata":{}`, message),
    bad: Object.fromEntries(
      Object.entries(records).map(([name, bytes]) => [name, [bytes, codes[name]] as const]),
    ),
  };
}

/** OTLP has codes of its own, and says in words why the whole body is refused. */
const NOT_JSON = "The body is not JSON";

const JSON_CODES = {
  "ten thousand levels": "NL_RECORD_TOO_DEEP",
  "half a million values": "NL_RECORD_TOO_LARGE",
  "two megabytes of message": "NL_RECORD_TOO_LARGE",
  "the year 290,000": "NL_RECORD_TIMESTAMP",
  "before 1970": "NL_RECORD_TIMESTAMP",
  "a key twice": "NL_RECORD_DUPLICATE_KEY",
  "a key that changes prototypes": "NL_RECORD_FORBIDDEN_KEY",
  "text that is not UTF-8": "NL_RECORD_NOT_UTF8",
  "half an object": "NL_RECORD_NOT_JSON",
};
/** Where a program's own fields are read, a time that is none stays as it was sent. */
const ANY_CODES = { ...JSON_CODES, "the year 290,000": undefined, "before 1970": undefined };

const otlpRecord = (more: object) => ({ body: { stringValue: "bad" }, ...more });
const nested = (levels: number): string =>
  `${'{"arrayValue":{"values":['.repeat(levels)}{}${"]}}".repeat(levels)}`;

const otlpJson = (record: object | string) =>
  Buffer.from(typeof record === "string" ? record : JSON.stringify(record));

/** One field of protobuf that holds bytes. */
function field(number: number, bytes: Buffer): Buffer {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

const { LogRecord } = opentelemetry.proto.logs.v1;
const otlpProtobuf = (record: object) => Buffer.from(LogRecord.encode(record).finish());
function nestedProtobuf(levels: number): Buffer {
  let value: Buffer = Buffer.alloc(0);
  for (let level = 0; level < levels; level += 1) value = field(5, field(1, value));
  return field(5, value);
}
const fixed64 = (value: bigint) => {
  const bytes = Buffer.alloc(9, 0x09);
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
};

export const DOORS: readonly Door[] = [
  {
    name: "JSON lines of ours",
    path: "/api/logs",
    type: "application/x-ndjson",
    body: joined("\n"),
    told: ours,
    garbage: "NL_RECORD_NOT_UTF8",
    ...objects((message, more) => `{"message":"${message}",${more}}`, "timestamp", JSON_CODES),
  },
  {
    name: "any JSON",
    path: "/api/ingest/json",
    type: "application/json",
    body: (records) =>
      Buffer.from(`[${records.map((each) => each.toString("latin1")).join()}]`, "latin1"),
    told: ours,
    garbage: "NL_RECORD_NOT_UTF8",
    ...objects((message, more) => `{"msg":"${message}",${more}}`, "time", {
      ...ANY_CODES,
      // Where one object does not close nobody knows where the next one starts.
      "half an object": "NL_BODY_NOT_JSON",
    }),
  },
  {
    name: "plain lines",
    path: "/api/ingest/lines?join=false",
    type: "text/plain",
    body: joined("\n"),
    told: ours,
    garbage: undefined,
    // A line is at least text.
    ...objects((message, more) => `{"msg":"${message}",${more}}`, "time", {}),
  },
  {
    name: "Elasticsearch",
    path: "/_bulk",
    type: "application/x-ndjson",
    body: (records) =>
      joined("\n")(records.flatMap((each) => [Buffer.from('{"create":{"_index":"logs"}}'), each])),
    told: (reply) => {
      if (reply.headers.get("x-elastic-product") !== "Elasticsearch") throw new Error("no product");
      return texts(reply, ["items", "0", "create", "error", "reason"], ["error", "reason"]);
    },
    garbage: "NL_BODY_NOT_BULK",
    ...objects((message, more) => `{"message":"${message}",${more}}`, "@timestamp", JSON_CODES),
  },
  {
    name: "GELF",
    path: "/gelf",
    type: "application/json",
    // A request has one message.
    body: ([first = Buffer.alloc(0)]) => first,
    told: ours,
    garbage: "NL_RECORD_NOT_UTF8",
    ...objects(
      (message, more) => `{"short_message":"${message}",${more}}`,
      "timestamp",
      JSON_CODES,
    ),
  },
  {
    name: "OTLP in JSON",
    path: "/v1/logs",
    type: "application/json",
    body: (records) => {
      const text = records.map((each) => each.toString("latin1")).join();
      const around = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${text}]}]}]}`;
      return Buffer.from(around, "latin1");
    },
    good: (message) => otlpJson({ body: { stringValue: message } }),
    told: (reply) => texts(reply, ["partialSuccess", "errorMessage"], ["message"]),
    garbage: NOT_JSON,
    bad: {
      "ten thousand levels": [otlpJson(`{"body":${nested(10_000)}}`), "NL_RECORD_TOO_DEEP"],
      "half a million values": [
        otlpJson(`{"body":{"arrayValue":{"values":[${"{},".repeat(500_000)}{}]}}}`),
        "NL_RECORD_TOO_LARGE",
      ],
      "two megabytes of message": [
        otlpJson({ body: { stringValue: HUGE } }),
        "NL_RECORD_TOO_LARGE",
      ],
      "the year 290,000": [
        otlpJson(otlpRecord({ timeUnixNano: NANOS.late })),
        "NL_RECORD_TIMESTAMP",
      ],
      "before 1970": [otlpJson(otlpRecord({ timeUnixNano: NANOS.early })), "NL_RECORD_TIMESTAMP"],
      // The values of a repeated key become a list.
      "a key twice": [
        otlpJson(
          otlpRecord({
            attributes: [
              { key: "a", value: {} },
              { key: "a", value: {} },
            ],
          }),
        ),
        undefined,
      ],
      "a key that changes prototypes": [
        otlpJson(otlpRecord({ attributes: [{ key: "__proto__", value: {} }] })),
        "NL_RECORD_FORBIDDEN_KEY",
      ],
      "text that is not UTF-8": [
        Buffer.from('{"body":{"stringValue":"\xff\xfe"}}', "latin1"),
        "NL_RECORD_NOT_UTF8",
      ],
      "half an object": [otlpJson('{"body":{"stringValue":"x"}'), NOT_JSON],
    },
  },
  {
    name: "OTLP in protobuf",
    path: "/v1/logs",
    type: "application/x-protobuf",
    body: (records) => field(1, field(2, Buffer.concat(records.map((each) => field(2, each))))),
    good: (message) => otlpProtobuf({ body: { stringValue: message } }),
    told: ({ status, bytes }) =>
      status === 200
        ? (ExportLogsServiceResponse.decode(bytes).partialSuccess?.errorMessage ?? "")
        : (google.rpc.Status.decode(bytes).message ?? ""),
    garbage: "",
    bad: {
      "ten thousand levels": [nestedProtobuf(10_000), "NL_RECORD_NOT_PROTOBUF"],
      "half a million values": [
        field(5, field(5, Buffer.alloc(2 ** 20, Buffer.from([0x0a, 0x00])))),
        "NL_RECORD_TOO_LARGE",
      ],
      "two megabytes of message": [
        otlpProtobuf({ body: { stringValue: HUGE } }),
        "NL_RECORD_TOO_LARGE",
      ],
      "the year 290,000": [fixed64(2n ** 64n - 1n), "NL_RECORD_TIMESTAMP"],
      "before 1970": [fixed64(2n ** 64n - 10n ** 9n), "NL_RECORD_TIMESTAMP"],
      "a key twice": [
        otlpProtobuf(otlpRecord({ attributes: [{ key: "a" }, { key: "a" }] })),
        undefined,
      ],
      "a key that changes prototypes": [
        otlpProtobuf(otlpRecord({ attributes: [{ key: "__proto__" }] })),
        "NL_RECORD_FORBIDDEN_KEY",
      ],
      "text that is not UTF-8": [
        field(5, field(1, Buffer.from([0xff, 0xfe]))),
        "NL_RECORD_NOT_PROTOBUF",
      ],
      "half an object": [
        otlpProtobuf(otlpRecord({ severityText: "x" })).subarray(0, -2),
        "NL_RECORD_NOT_PROTOBUF",
      ],
    },
  },
];

/** Valid, and exact: each door's way to write a time to the nanosecond, found as this. */
export const EXACT = "2026-01-02T03:04:05.123456789Z";
export const EXACT_RECORDS: Readonly<Record<string, (message: string) => Buffer>> = {
  "JSON lines of ours": (message) => Buffer.from(`{"message":"${message}","timestamp":"${EXACT}"}`),
  "any JSON": (message) => Buffer.from(`{"msg":"${message}","ts":${NANOS.exact}}`),
  "plain lines": (message) => Buffer.from(`${EXACT} INFO ${message}`),
  Elasticsearch: (message) => Buffer.from(`{"message":"${message}","@timestamp":"${EXACT}"}`),
  GELF: (message) => Buffer.from(`{"short_message":"${message}","timestamp":"${EXACT}"}`),
  "OTLP in JSON": (message) =>
    otlpJson({ body: { stringValue: message }, timeUnixNano: NANOS.exact, traceId: TRACE }),
  "OTLP in protobuf": (message) =>
    Buffer.concat([fixed64(BigInt(NANOS.exact)), otlpProtobuf({ body: { stringValue: message } })]),
};
