import snappy from "snappy";
import { expect, test } from "vitest";

import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { INGEST_LIMITS } from "../../../../apps/log-service/src/limits.ts";
import { readJsonPush } from "../../../../apps/log-service/src/ingest/loki/read-json.ts";
import { readProtobufPush } from "../../../../apps/log-service/src/ingest/loki/read-protobuf.ts";
import { context, jsonPush, plainPush, protobufPush } from "./support.ts";

test("a snappy bomb of five bytes that announces 4 GiB gets no memory", async () => {
  const bomb = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
  await expect(readProtobufPush(bomb, context)).rejects.toMatchObject({
    code: "NL_BODY_TOO_LARGE",
  });
});

test.each([
  ["no bytes", Buffer.alloc(0)],
  ["bytes of chance", Buffer.from("ffff00ff1234", "hex")],
  ["a length without an end", Buffer.from([0x80, 0x80])],
  ["a length of six bytes", Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x01])],
  ["a block that is shorter than it says", Buffer.from([0x20, 0x00, 0x41])],
  ["snappy around garbage", snappy.compressSync(Buffer.from("garbage"))],
  ["a field number of zero", snappy.compressSync(Buffer.from([0x00]))],
  ["groups inside each other", snappy.compressSync(Buffer.alloc(100_000, 0x0b))],
])("%s is no push, and says so", async (_, body) => {
  await expect(readProtobufPush(body, context)).rejects.toMatchObject({ code: "NL_LOKI_PUSH" });
});

const timestamp = { seconds: 1_767_323_045, nanos: 123_456_789 };

test("a push cut off anywhere is no push, or one with fewer streams", async () => {
  const streams = ["a", "b"].map((app) => ({
    labels: `{app="${app}"}`,
    entries: [{ timestamp, line: "x", structuredMetadata: [{ name: "user", value: "7" }] }],
  }));
  const whole = plainPush(streams);
  const outcomes = new Set<string>();
  for (let length = 0; length < whole.length; length += 1) {
    const body = snappy.compressSync(Buffer.from(whole.subarray(0, length)));
    const outcome = await readProtobufPush(body, context).then(
      ({ records }) => String(records.length),
      (error: unknown) => (error instanceof ServiceError ? error.code : String(error)),
    );
    outcomes.add(outcome);
  }
  expect([...outcomes].sort()).toEqual(["1", "NL_LOKI_EMPTY", "NL_LOKI_PUSH"]);
});

test.each([
  ["in the year 290,000", { seconds: 9_089_000_000_000, nanos: 0 }],
  ["before 1970", { seconds: -1, nanos: 0 }],
  ["at the end of all seconds", { seconds: 2 ** 63, nanos: 0 }],
  ["of more than a second of nanoseconds", { seconds: 1, nanos: 1_000_000_000 }],
  ["of fewer nanoseconds than none", { seconds: 1, nanos: -1 }],
])("an entry %s is refused alone", async (_, bad) => {
  const entries = [
    { timestamp: bad, line: "bad" },
    { timestamp, line: "good" },
  ];
  const batch = await readProtobufPush(protobufPush([{ labels: '{a="b"}', entries }]), context);
  expect(batch.records.map(({ message }) => message)).toEqual(["good"]);
  expect(batch.rejected).toMatchObject([{ index: 0, code: "NL_RECORD_TIMESTAMP" }]);
});

const TIME = "1767323045123456789";
const streamOf = (line: string) => `{"stream":{"a":"1"},"values":[["${TIME}","${line}"]]}`;

test.each([
  ["streams", `{"streams":[${streamOf("x")}],"streams":[${streamOf("x")}]}`],
  ["entries", `{"streams":[{"stream":{},"values":[["${TIME}","x"]],"values":[["${TIME}","x"]]}]}`],
  ["entries in both forms", `{"streams":[{"values":[["${TIME}","x"]],"entries":[]}]}`],
  ["labels", `{"streams":[{"stream":{},"labels":"{}","values":[["${TIME}","x"]]}]}`],
])("%s that come twice are refused, for nobody knows which are meant", async (_, body) => {
  await expect(readJsonPush(Buffer.from(body), context)).rejects.toMatchObject({
    code: "NL_LOKI_PUSH",
    message: expect.stringContaining("come twice"),
  });
});

test("a label that comes twice has its last value, as everywhere in JSON", async () => {
  const body = `{"streams":[{"stream":{"a":"1","a":"2"},"values":[["${TIME}","x"]]}]}`;
  const { records } = await readJsonPush(Buffer.from(body), context);
  expect(records).toMatchObject([{ metadata: '{"labels":{"a":"2"}}' }]);
});

test("JSON that is not UTF-8 keeps what can be read of it", async () => {
  const body = jsonPush({ stream: { a: "b" }, values: [["1767323045123456789", "aXYz"]] });
  body.set([0xc3, 0x28], body.indexOf("XY"));
  const { records } = await readJsonPush(body, context);
  expect(records).toMatchObject([{ message: "a\ufffd(z" }]);
});

test("a million empty entries in two megabytes are refused before they are made", async () => {
  const entries = Buffer.alloc(2_000_000);
  for (let at = 0; at < entries.length; at += 2) entries[at] = 0x12;
  const head = Buffer.from([0x0a, 0x80, 0x89, 0x7a]);
  const body = snappy.compressSync(Buffer.concat([head, entries]));
  await expect(readProtobufPush(body, context)).rejects.toMatchObject({
    code: "NL_BATCH_TOO_LONG",
  });
});

test("a push of more entries than a batch may have is refused in JSON too", async () => {
  const values = Array.from({ length: INGEST_LIMITS.batchRecords + 1 }, () => ["1", "x"]);
  await expect(readJsonPush(jsonPush({ stream: {}, values }), context)).rejects.toMatchObject({
    code: "NL_BATCH_TOO_LONG",
  });
});

test.each([
  ["arrays inside each other", "[".repeat(10_000), "NL_LOKI_PUSH"],
  ["millions of empty objects", `{"streams":[${"{},".repeat(1_000_000)}{}]}`, "NL_BATCH_TOO_LONG"],
  ["no JSON", "streams", "NL_LOKI_PUSH"],
  ["an array", "[]", "NL_LOKI_PUSH"],
  ["streams that are none", '{"streams":7}', "NL_LOKI_PUSH"],
])("a body of %s is refused", async (_, body, code) => {
  await expect(readJsonPush(Buffer.from(body), context)).rejects.toMatchObject({ code });
});

test("structured metadata of ten thousand levels costs its own entry only", async () => {
  const deep = `${"[".repeat(10_000)}1${"]".repeat(10_000)}`;
  const body = `{"streams":[{"stream":{},"values":[["${TIME}","x",{"a":${deep}}],["${TIME}","y"]]}]}`;
  const { records, rejected } = await readJsonPush(Buffer.from(body), context);
  expect(records.map(({ message }) => message)).toEqual(["y"]);
  expect(rejected).toMatchObject([{ index: 0, code: "NL_RECORD_TOO_DEEP" }]);
});

test.each([
  ["long", `"${"x".repeat(3_000_000)}"`],
  ["of many values", `"x",{"a":[${"1,".repeat(50_000)}1]}`],
])("an entry that is too %s costs its own place only", async (_, rest) => {
  const body = `{"streams":[{"stream":{},"values":[["${TIME}","x"],["${TIME}",${rest}],["${TIME}","y"]]}]}`;
  const { records, rejected } = await readJsonPush(Buffer.from(body), context);
  expect(records.map(({ message }) => message)).toEqual(["x", "y"]);
  expect(rejected).toMatchObject([{ index: 1, code: "NL_RECORD_TOO_LARGE" }]);
});

test("an entry of half a million pairs in protobuf costs its own place only", async () => {
  const structuredMetadata = Array.from({ length: 500_000 }, () => ({ name: "a", value: "" }));
  const entries = [
    { timestamp, line: "x", structuredMetadata },
    { timestamp, line: "y" },
  ];
  const { records, rejected } = await readProtobufPush(
    protobufPush([{ labels: "{}", entries }]),
    context,
  );
  expect(records.map(({ message }) => message)).toEqual(["y"]);
  expect(rejected).toMatchObject([{ index: 0, code: "NL_RECORD_TOO_LARGE" }]);
});

test.each([
  ["labels", `"stream":{${'"name":"x",'.repeat(1_300_000)}"a":"b"},"values":[["${TIME}","x"]]`],
  [
    "values in an entry",
    `"stream":{},"values":[["${TIME}","x",{"a":[${"1,".repeat(7_000_000)}1]}]]`,
  ],
  ["values without a meaning", `"other":[${"1,".repeat(7_000_000)}1],"values":[["${TIME}","x"]]`],
  ["members without a meaning", `"values":[["${TIME}","x"]]${',"other":1'.repeat(1_300_000)}`],
  ["members beside the streams", `"values":[["${TIME}","x"]]`, ',"other":1'.repeat(1_300_000)],
])(
  "millions of %s are passed over in turns, and others are served in between",
  async (_, inside, beside = "") => {
    let turns = 0;
    let isReading = true;
    const lap = (): void => {
      turns += 1;
      if (isReading) setImmediate(lap);
    };
    const read = readJsonPush(Buffer.from(`{"streams":[{${inside}}]${beside}}`), context);
    setImmediate(lap);
    const { size } = await read;
    isReading = false;
    expect(size).toBe(1);
    expect(turns).toBeGreaterThan(2);
  },
);

test("hundreds of thousands of empty streams are refused, and labels longer than metadata unread", async () => {
  const many = protobufPush(Array.from({ length: 300_000 }, () => ({})));
  await expect(readProtobufPush(many, context)).rejects.toMatchObject({
    code: "NL_BATCH_TOO_LONG",
  });
  // Reading half a million escapes would take as long as reading everything else.
  const labels = `{a="${"\\n".repeat(500_000)}"}`;
  const body = jsonPush({ labels, entries: [{ ts: "2026-01-02T03:04:05Z", line: "x" }] });
  expect((await readJsonPush(body, context)).rejected).toMatchObject([
    { code: "NL_RECORD_TOO_LARGE", message: expect.stringContaining("labels too large") },
  ]);
});

test("a broken body's text is not given back", async () => {
  const body = Buffer.from('{"streams":[{"stream":{"password":"secret" "x"');
  await expect(readJsonPush(body, context)).rejects.not.toThrow(/secret/);
});

test("a thousand labels are refused with their stream, and the next stream is taken", async () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`l${n}`, "x"]));
  const values = [["1767323045123456789", "x"]];
  const batch = await readJsonPush(
    jsonPush({ stream: many, values }, { stream: {}, values }),
    context,
  );
  expect(batch.rejected).toHaveLength(1);
  expect(batch.records).toHaveLength(1);
});

test("__proto__ as a label is refused, and as structured metadata left out", async () => {
  const time = "1767323045123456789";
  const body = `{"streams":[{"stream":{"__proto__":"x"},"values":[["${time}","a"]]},{"stream":{},"values":[["${time}","b",{"__proto__":"x","ok":"1"}]]}]}`;
  const batch = await readJsonPush(Buffer.from(body), context);
  expect(batch.records.map(({ metadata }) => metadata)).toEqual(['{"ok":"1"}']);
});

test("labels of megabytes are refused entry by entry", async () => {
  const entries = [{ timestamp: { seconds: 1, nanos: 0 }, line: "x" }];
  const body = protobufPush([{ labels: `{a="${"x".repeat(1_000_000)}"}`, entries }]);
  expect((await readProtobufPush(body, context)).rejected).toMatchObject([
    { code: "NL_RECORD_TOO_LARGE" },
  ]);
});
