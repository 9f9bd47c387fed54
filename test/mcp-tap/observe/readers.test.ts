import fc from "fast-check";
import { expect, test } from "vitest";

import { Room } from "../../../apps/mcp-tap/src/message/raw.ts";
import { FrameReader } from "../../../apps/mcp-tap/src/observe/frames.ts";
import { LineReader } from "../../../apps/mcp-tap/src/observe/lines.ts";
import type { StreamReader } from "../../../apps/mcp-tap/src/observe/reader.ts";
import { EventReader } from "../../../apps/mcp-tap/src/observe/server-sent.ts";

/** What a reader finds in bytes that arrive in pieces cut at these places. */
function found(reader: StreamReader, bytes: Buffer, cuts: readonly number[]): string[] {
  const places = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  const messages = places
    .slice(1)
    .flatMap((end, at) => reader.push(bytes.subarray(places[at], end), 1));
  return [...messages, ...reader.end(1)].map((message) => message.bytes.toString());
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });
const texts = fc.array(
  fc.string({ minLength: 1 }).map((text) => `x${text.replaceAll(/[\r\n]/g, "")}`),
);

/** A frame as a server (without a mask) or a client sends it. */
function frame(text: Buffer, opcode: number, isLast: boolean, mask?: Buffer): Buffer {
  const length = text.length;
  const size =
    length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : undefined;
  const long = Buffer.alloc(9);
  long[0] = 127;
  long.writeBigUInt64BE(BigInt(length), 1);
  const head = Buffer.from(size ?? long);
  if (mask !== undefined) head[0] = (head[0] ?? 0) | 0x80;
  const payload = Buffer.from(text);
  if (mask !== undefined)
    for (const [at] of payload.entries()) payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return Buffer.concat([
    Buffer.from([(isLast ? 0x80 : 0) | opcode]),
    head,
    mask ?? Buffer.alloc(0),
    payload,
  ]);
}

test("property: lines are the same wherever the bytes were cut", () => {
  fc.assert(
    fc.property(texts, cuts, fc.constantFrom("\n", "\r\n", "\n\n"), (lines, places, end) => {
      const bytes = Buffer.from(lines.map((line) => line + end).join(""));
      const wanted = lines.map((line) => (end === "\r\n" ? `${line}\r` : line).toWellFormed());
      expect(found(new LineReader(new Room()), bytes, places)).toEqual(wanted);
    }),
  );
});

test("property: events are the same wherever the bytes were cut", () => {
  fc.assert(
    fc.property(texts, cuts, fc.constantFrom("\n", "\r\n"), (data, places, end) => {
      const events = data.map((text) =>
        [": comment", "id: 7", `data: ${text}`, "data: more", "", ""].join(end),
      );
      const other = ["event: endpoint", "data: /messages?sessionId=secret", "", ""].join(end);
      const bytes = Buffer.from([other, ...events].join(""));
      const wanted = data.map((text) => `${text}\nmore`.toWellFormed());
      expect(found(new EventReader(new Room()), bytes, places)).toEqual(wanted);
    }),
  );
});

test("property: frames give the same messages wherever the bytes were cut and the messages parted", () => {
  const mask = fc.option(
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    { nil: undefined },
  );
  const text = fc.oneof(
    fc.string(),
    fc.nat(70_000).map((length) => "y".repeat(length)),
  );
  const message = fc.tuple(text, fc.nat(), mask);
  fc.assert(
    fc.property(fc.array(message, { maxLength: 4 }), cuts, (messages, places) => {
      const ping = frame(Buffer.from("ping"), 9, true);
      const bytes = Buffer.concat(
        messages.flatMap(([content, part, key]) => {
          const whole = Buffer.from(content);
          const at = part % (whole.length + 1);
          return [
            frame(whole.subarray(0, at), 1, false, key),
            ping,
            frame(whole.subarray(at), 0, true, key),
          ];
        }),
      );
      const wanted = messages.map(([content]) => content.toWellFormed());
      expect(found(new FrameReader(new Room()), bytes, places)).toEqual(wanted);
    }),
  );
});

test("property: no bytes are too strange for any reader", () => {
  const bytes = fc.uint8Array({ maxLength: 500 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, cuts, (noise, places) => {
      for (const Reader of [LineReader, EventReader, FrameReader])
        expect(Array.isArray(found(new Reader(new Room()), noise, places))).toBe(true);
    }),
  );
});

test("a line in which bytes are missing is no message, and the next one is", () => {
  const reader = new LineReader(new Room());
  reader.push(Buffer.from('{"a":'), 1);
  reader.skip();
  const messages = reader.push(Buffer.from('1}\n{"b":2}\n'), 1);
  expect(messages.map(({ bytes }) => bytes.toString())).toEqual(['{"b":2}']);
});

test("attack: a message without end is measured and hashed, and not held", () => {
  const room = new Room(1_000);
  const reader = new LineReader(room);
  for (let at = 0; at < 1_000; at += 1) reader.push(Buffer.alloc(10_000, "x"), 1);
  const [message] = reader.push(Buffer.from("\n"), 1);
  expect(message).toMatchObject({ size: 10_000_000, isWhole: false });
  expect([message?.bytes.length, room.take(2_000)]).toEqual([1_000, 1_000]);
});
