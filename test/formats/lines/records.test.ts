import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter, type Line } from "../../../apps/formats/src/lines/lines.ts";
import type { Numbered } from "../../../apps/formats/src/lines/join.ts";
import { RecordReader } from "../../../apps/formats/src/lines/records.ts";
import { LIMITS } from "../../../apps/formats/src/limits.ts";
import { Clock } from "../../../apps/formats/src/time/clock.ts";
import { zoneOf } from "../../../apps/formats/src/time/zone.ts";

function records(bytes: Uint8Array | string, chunk = 1 << 20, join = true): Numbered[] {
  const whole = Buffer.from(bytes);
  const reader = new RecordReader({ clock: new Clock({ zone: zoneOf("UTC") }), join });
  const splitter = new LineSplitter();
  const found: Numbered[] = [];
  const take = (lines: readonly Line[]) => {
    for (const line of lines) {
      const done = reader.push(line);
      if (done !== undefined) found.push(done);
    }
  };
  for (let at = 0; at < whole.length; at += chunk)
    take(splitter.push(whole.subarray(at, at + chunk)));
  take(splitter.end());
  const last = reader.flush();
  return last === undefined ? found : [...found, last];
}

const messages = (text: Uint8Array | string, chunk?: number, join?: boolean) =>
  records(text, chunk, join).map(({ record }) => record.message);

describe("reading records", () => {
  it("gives the same records however the bytes are cut", () => {
    const text = "2024-01-02T03:04:05Z ärger\r\n\tat x\r\nplain 🎉\nend";
    const whole = records(text);
    for (const chunk of [1, 2, 3, 7]) expect(records(text, chunk)).toEqual(whole);
  });

  it("joins a Java stack trace with its causes to the record before", () => {
    const text =
      "2024-01-02T03:04:05Z ERROR no\njava.io.X: y\n\tat a.B\n\nCaused by: z\n2024-01-02T03:04:06Z INFO ok\n";
    expect(messages(text)).toEqual(["no\njava.io.X: y\n\tat a.B\n\nCaused by: z", "ok"]);
  });

  it("joins a Python traceback among plain lines, its last line too", () => {
    const text =
      'up\nTraceback (most recent call last):\n  File "a", line 1\nValueError: no\ndown\n';
    expect(messages(text)).toEqual([
      "up",
      'Traceback (most recent call last):\n  File "a", line 1\nValueError: no',
      "down",
    ]);
  });

  it("joins nothing when it is told so", () => {
    expect(messages("2024-01-02T03:04:05Z a\n\tb\n", undefined, false)).toEqual(["a", "\tb"]);
  });

  it("names the first and the last line of a record", () => {
    const [first, second] = records("2024-01-02T03:04:05Z a\n\tb\n\tc\n2024-01-02T03:04:05Z d");
    expect([first?.from, first?.to, second?.from, second?.to]).toEqual([1, 3, 4, 4]);
  });

  it("starts a new record when a joined one is as long as a message may be", () => {
    const text = `2024-01-02T03:04:05Z a\n${"\tframe\n".repeat(LIMITS.joinedLines)}`;
    const found = records(text);
    expect(found.length).toBe(2);
    expect(found.flatMap(({ record }) => record.message.split("\n")).length).toBe(
      LIMITS.joinedLines + 1,
    );
  });

  it("cuts a line that is too long between characters and keeps every piece", () => {
    const text = "ä".repeat(LIMITS.lineBytes);
    const found = messages(`${text}\nnext`);
    expect(found.slice(0, -1).join("")).toBe(text);
    expect(found.at(-1)).toBe("next");
  });

  it("reads a line that is not UTF-8 as Latin-1", () => {
    expect(messages(Buffer.from([0x61, 0xe4, 0x0a, 0xc3, 0xa4]))).toEqual(["aä", "ä"]);
  });

  it("takes a byte order mark off", () => {
    expect(messages("\uFEFFfirst\nsecond")).toEqual(["first", "second"]);
  });

  it.each([
    ["a key that changes prototypes", '{"msg":"m","a":{"constructor":{"prototype":1}}}'],
    ["a source that is too long", `{"msg":"m","source":"${"s".repeat(300)}"}`],
    ["metadata that is too deep", `{"msg":"m","a":${"[".repeat(40)}${"]".repeat(40)}}`],
    ["a year before 1970", "1969-12-31T23:59:59Z old"],
  ])(
    "keeps a line as text that the service would reject for %s, and the line before it apart",
    (_, line) => {
      expect(messages(`{"msg":"before"}\n${line}`)).toEqual(["before", line]);
    },
  );

  it("never loses a line of any text", () => {
    const line = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => !/[\r\n\uFEFF{]/.test(text) && text.trim() !== "");
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), fc.boolean(), (all, join) => {
        const kept = messages(all.join("\n"), 5, join).join("\n");
        expect(kept).toBe(all.map((text) => text.toWellFormed()).join("\n"));
      }),
    );
  });
});
