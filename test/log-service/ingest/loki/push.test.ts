import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readJsonPush } from "../../../../apps/log-service/src/ingest/loki/read-json.ts";
import { readProtobufPush } from "../../../../apps/log-service/src/ingest/loki/read-protobuf.ts";
import { context, jsonPush, protobufPush } from "./support.ts";

const at = { seconds: 1_767_323_045, nanos: 123_456_789 };
const ns = "1767323045123456789";

describe("one entry", () => {
  test("has the same record from JSON as from protobuf", async () => {
    const fromJson = await readJsonPush(
      jsonPush({
        stream: { app: "web", env: "prod" },
        values: [[ns, "a line", { user: "7", trace_id: "t1" }]],
      }),
      context,
    );
    const fromProtobuf = await readProtobufPush(
      protobufPush([
        {
          labels: '{app="web", env="prod"}',
          entries: [
            {
              timestamp: at,
              line: "a line",
              structuredMetadata: [
                { name: "user", value: "7" },
                { name: "trace_id", value: "t1" },
              ],
            },
          ],
        },
      ]),
      context,
    );
    expect(fromProtobuf).toEqual(fromJson);
    expect(fromJson.records).toEqual([
      {
        namespace: "default",
        ms: 1_767_323_045_123,
        nanos: 456_789,
        digits: 9,
        received: context.received,
        level: 2,
        message: "a line",
        source: "web",
        traceId: "t1",
        spanId: "",
        tags: "",
        metadata: '{"labels":{"app":"web","env":"prod"},"user":"7"}',
      },
    ]);
  });

  const record = async (stream: object, line = "x", structured: object = {}) =>
    (await readJsonPush(jsonPush({ stream, values: [[ns, line, structured]] }), context))
      .records[0];

  test.each([
    [{ level: "warning", severity: "error" }, {}, 3],
    [{ severity: "fatal" }, {}, 5],
    [{}, { detected_level: "debug" }, 1],
    [{ level: "nothing known" }, { level: "error" }, 4],
  ])("takes its level from labels %o, then from metadata %o", async (stream, structured, level) => {
    expect(await record(stream, "x", structured)).toMatchObject({ level });
  });

  test.each([
    ["ts=1 level=warn msg=x", 3],
    ['{"level":"error","msg":"x"}', 4],
    ["2026-01-02 ERROR something", 4],
    ["[debug] something", 1],
    ["an informational error text", 2],
  ])("takes its level from the line %s when nothing else names one", async (line, level) => {
    expect(await record({}, line)).toMatchObject({ level });
  });

  test.each([
    [{ job: "j", app: "a", service_name: "s" }, "s"],
    [{ job: "j", container: "c" }, "c"],
    [{ source: "stdout", container_name: "c" }, "c"],
    [{ source: "checkout" }, "checkout"],
    [{ pod: "p" }, ""],
  ])("takes its source from the most telling label of %o", async (stream, source) => {
    expect(await record(stream)).toMatchObject({ source });
  });

  test("has labels of numbers and truth as texts", async () => {
    const metadata = (await record({ port: 80, tls: true }))?.metadata ?? "";
    expect(JSON.parse(metadata)).toEqual({ labels: { port: "80", tls: "true" } });
  });

  test("keeps structured metadata apart from a label of the same name", async () => {
    const metadata = (await record({ user: "label" }, "x", { user: "entry" }))?.metadata ?? "";
    expect(JSON.parse(metadata)).toEqual({ labels: { user: "label" }, user: "entry" });
  });

  test("is read in the form before structured metadata, with labels as text and RFC 3339", async () => {
    const stream = { labels: '{app="web"}', entries: [{ ts: "2026-01-02T03:04:05Z", line: "x" }] };
    const { records } = await readJsonPush(jsonPush(stream), context);
    expect(records).toMatchObject([{ ms: 1_767_323_045_000, source: "web" }]);
  });
});

describe("a bad entry costs no other", () => {
  test.each([
    ["before 1970", "-1"],
    ["of the year 290,000", "9100000000000000000000"],
    ["after 2262", "9223372036854775807"],
    ["that is no number", "yesterday"],
    ["that is missing", undefined],
  ])("a timestamp %s", async (_, time) => {
    const values = [
      [time, "bad"],
      [ns, "good"],
    ];
    const batch = await readJsonPush(jsonPush({ stream: { a: "b" }, values }), context);
    expect(batch.records.map(({ message }) => message)).toEqual(["good"]);
    expect(batch.rejected).toMatchObject([{ index: 0, code: "NL_RECORD_TIMESTAMP" }]);
  });

  test.each([
    ["{", "the labels end too early"],
    ['{a="b",a="c"}', "duplicate label name"],
    ['{a="b\\q"}', "unexpected"],
    ["{a=b}", "unexpected"],
    ['{a="b"} x', "unexpected"],
  ])("labels that are %s", async (labels, problem) => {
    const entries = [{ timestamp: at, line: "x" }];
    const streams = [
      { labels, entries },
      { labels: '{a="b"}', entries },
    ];
    const batch = await readProtobufPush(protobufPush(streams), context);
    expect(batch.records).toHaveLength(1);
    expect(batch.rejected[0]?.message).toContain(problem);
  });

  test("a line that is not UTF-8 keeps what can be read of it", async () => {
    const body = protobufPush([
      { labels: '{a="b"}', entries: [{ timestamp: at, line: "a\u00e9z" }] },
    ]);
    // é is two bytes: the first one alone is none.
    const at2 = body.indexOf(Buffer.from([0xc3, 0xa9]));
    body[at2 + 1] = 0x41;
    const { records } = await readProtobufPush(body, context);
    expect(records[0]?.message).toBe("a\ufffdAz");
  });

  test("a line of 300,000 characters", async () => {
    const values = [
      [ns, "x".repeat(300_000)],
      [ns, "good"],
    ];
    const batch = await readJsonPush(jsonPush({ stream: {}, values }), context);
    expect(batch.rejected).toMatchObject([{ index: 0, code: "NL_RECORD_TOO_LARGE" }]);
    expect(batch.records).toHaveLength(1);
  });
});

test("labels of any text come back from protobuf as they were sent", async () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
  const labels = fc.dictionary(name, fc.string({ unit: "grapheme" }), { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(labels, async (wanted) => {
      const text = Object.entries(wanted).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      const streams = [{ labels: `{${text.join(", ")}}`, entries: [{ timestamp: at, line: "x" }] }];
      const { records } = await readProtobufPush(protobufPush(streams), context);
      const metadata: unknown = JSON.parse(records[0]?.metadata || '{"labels":{}}');
      expect(metadata).toEqual({
        labels: JSON.parse(JSON.stringify(wanted).replaceAll("\\u0000", "\ufffd")),
      });
    }),
  );
});
