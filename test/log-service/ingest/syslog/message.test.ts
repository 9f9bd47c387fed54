import { Clock, zoneOf } from "@neurallog/formats";
import { expect, test } from "vitest";

import { readSyslogMessage } from "../../../../apps/log-service/src/ingest/syslog/read-message.ts";
import { isRejection } from "../../../../apps/log-service/src/record/normalize.ts";
import { presentRecord } from "../../../../apps/log-service/src/record/present.ts";

const context = { namespace: "default", received: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };

function read(message: string | Buffer, sender?: string) {
  const clock = new Clock({ zone: zoneOf("UTC"), reference: context.received });
  const outcome = readSyslogMessage(Buffer.from(message), sender, context, clock);
  return isRejection(outcome) ? outcome : presentRecord("", outcome);
}

test("RFC 5424 lands in its fields, structured data as metadata", () => {
  const data = '[origin@1 ip="192.0.2.1"][x y="a\\"b"]';
  expect(
    read(`<165>1 2026-01-02T03:04:05.123456Z web-1 app 42 ID7 ${data} \uFEFFcard declined`),
  ).toMatchObject({
    timestamp: "2026-01-02T03:04:05.123456Z",
    level: "INFO",
    source: "app",
    message: "card declined",
    metadata: {
      host: "web-1",
      pid: "42",
      message_id: "ID7",
      facility: 20,
      "origin@1.ip": "192.0.2.1",
      "x.y": 'a"b',
    },
  });
});

test("RFC 3164 lands in its fields, in the latest year that is not in the future", () => {
  expect(read("<34>Dec 31 23:59:58 web-1 su[123]: failed\n")).toMatchObject({
    timestamp: "2025-12-31T23:59:58Z",
    level: "FATAL",
    source: "su",
    message: "failed",
    metadata: { host: "web-1", pid: "123", facility: 4 },
  });
});

test("what is neither is a message at its priority's level, from the sender's address", () => {
  expect(read("<11>something else", "192.0.2.7")).toMatchObject({
    level: "ERROR",
    message: "something else",
    metadata: { host: "192.0.2.7", facility: 1 },
  });
  expect(read("no priority")).toMatchObject({ level: "INFO", message: "no priority" });
});

test("attack: a priority beyond 191 is text", () => {
  expect(read("<999>x")).toMatchObject({ message: "<999>x" });
});

test("attack: bytes that are not UTF-8 are kept as Latin-1", () => {
  expect(read(Buffer.from([0x3c, 0x31, 0x31, 0x3e, 0xe4, 0xff]))).toMatchObject({ message: "äÿ" });
});

test("attack: a time before 1970 keeps the message as it stands", () => {
  const line = "<13>1 1955-01-02T03:04:05Z h a - - - x";
  expect(read(line)).toMatchObject({ message: line, timestamp: "2026-01-02T03:04:05.678Z" });
});

test("the space that rsyslog leaves before a message is no part of it", () => {
  expect(read("<27>1 2026-01-02T03:04:05Z web-1 payments - - -  card declined")).toMatchObject({
    message: "card declined",
  });
});
