import fc from "fast-check";
import { expect, test } from "vitest";

import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { SYSLOG_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { SyslogFramer } from "../../../apps/log-service/src/syslog/framing.ts";

/** The messages of a stream that arrives in pieces of some size. */
function framed(stream: string | Buffer, piece = 1 << 20) {
  const framer = new SyslogFramer();
  const bytes = Buffer.from(stream);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    found.push(...framer.push(bytes.subarray(at, at + piece)).map((each) => Buffer.from(each)));
  }
  found.push(...framer.end());
  return { messages: found.map((each) => each.toString()), cut: framer.cut };
}

const counted = (text: string) => `${Buffer.byteLength(text)} ${text}`;

test("messages come out as they were sent, however framed and wherever the stream is cut", () => {
  const text = fc
    .string({ unit: "grapheme" })
    .map((each) => `<13>${each.replaceAll(/[\n\0]/g, "_")}`);
  const frame = fc.record({ text, lined: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      (frames, piece) => {
        const stream = frames.map((each) => (each.lined ? `${each.text}\n` : counted(each.text)));
        const expected = frames.map((each) => each.text);
        expect(framed(stream.join(""), piece).messages).toEqual(expected);
      },
    ),
  );
});

test("a message counted in octets may hold line feeds", () => {
  expect(framed(counted("<13>a\nb") + counted("<13>c")).messages).toEqual(["<13>a\nb", "<13>c"]);
});

test("a last line without its end is a message, a counted one that is not complete is none", () => {
  expect(framed("<13>a\n<13>b").messages).toEqual(["<13>a", "<13>b"]);
  expect(framed("10 <13>a").messages).toEqual([]);
});

test("attack: a message of 100 MB is cut, and the next one is read", () => {
  const limit = SYSLOG_LIMITS.messageBytes;
  const huge = `<13>${"x".repeat(4 * limit)}`;
  for (const stream of [`${huge}\n<13>next\n`, `${counted(huge)}<13>next\n`]) {
    const { messages, cut } = framed(stream, 65_536);
    expect(messages.map(({ length }) => length)).toEqual([limit, 8]);
    expect(cut).toBe(1);
  }
});

test.each(["99999999 <13>", "0 <13>", "12<13>x"])(
  "attack: the length in %s ends the connection, since nobody knows where messages start",
  (stream) => {
    expect(() => framed(stream)).toThrow(ServiceError);
  },
);
