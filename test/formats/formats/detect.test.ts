import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detect, formats } from "../../../apps/formats/src/formats/detect.ts";
import { leadingLevel } from "../../../apps/formats/src/formats/level.ts";
import { Clock } from "../../../apps/formats/src/time/clock.ts";
import { zoneOf } from "../../../apps/formats/src/time/zone.ts";
import { formatOf } from "./read.ts";

const clock = () => new Clock({ zone: zoneOf("UTC"), reference: Date.UTC(2026, 10, 21) });
const word = fc.stringMatching(/^[A-Za-z0-9]{3,8}$/);
const text = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(" "));

/** Lines of every format around a text and a name that a test chooses. */
const shapes: Record<string, (name: string, text: string) => string> = {
  container: (_, text) => `2024-01-02T03:04:05.000000001Z stdout F ${text}`,
  json: (name, text) => JSON.stringify({ msg: text, level: "info", name }),
  rfc5424: (name, text) => `<34>1 2024-01-02T03:04:05Z box ${name} - - - ${text}`,
  "apache-error": (name, text) => `[Tue Jan 02 03:04:05 2024] [${name}:warn] [pid 1] ${text}`,
  access: (name, text) => `192.0.2.1 - ${name} [02/Jan/2024:03:04:05 +0000] "${text}" 200 1`,
  "nginx-error": (_, text) => `2024/01/02 03:04:05 [error] 1#2: ${text}`,
  bgl: (name, text) =>
    `- 1704164645 2024.01.02 R0 2024-01-02-03.04.05.000001 R0 RAS ${name} INFO ${text}`,
  hdfs: (name, text) => `240102 030405 1 INFO ${name}: ${text}`,
  healthapp: (name, text) => `20240102-3:4:5:6|${name}|1|${text}`,
  spark: (name, text) => `24/01/02 03:04:05 INFO ${name}: ${text}`,
  klog: (name, text) => `I0102 03:04:05.000001       1 ${name}.go:1] ${text}`,
  zookeeper: (name, text) => `2024-01-02 03:04:05,006 - INFO  [main:${name}@1] - ${text}`,
  log4j: (name, text) => `2024-01-02 03:04:05,006 INFO [main] ${name}: ${text}`,
  openstack: (name, text) => `2024-01-02 03:04:05.006 1 INFO ${name} [-] ${text}`,
  windows: (name, text) => `2024-01-02 03:04:05, Info        X${name}    ${text}`,
  syslog: (name, text) => `Jan  2 03:04:05 box x${name}[1]: ${text}`,
  iso: (_, text) => `2024-01-02T03:04:05Z ${text}`,
  logfmt: (name, text) => `level=info msg="${text}" name=${name}`,
  plain: (_, text) => text,
};

describe("format detection", () => {
  it("has a shape below for every format", () => {
    expect(Object.keys(shapes)).toEqual(formats.map(({ name }) => name));
  });

  it.each(formats.map(({ name }) => name))("loses nothing of a line of %s", (format) => {
    fc.assert(
      fc.property(word, text, (name, text) => {
        const line = shapes[format]?.(name, text) ?? "";
        const found = detect(line, clock());
        expect(found.format).toBe(format);
        const kept = JSON.stringify(found.record);
        // A level at the start of a message is taken off it, and is kept as the level.
        expect(kept).toContain(leadingLevel(text)?.rest ?? text);
        expect(kept).toContain(line.includes(name) ? name : "");
      }),
    );
  });

  it("keeps any line at all, as its message or in its fields", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (line) => {
        const { format, record } = detect(line, clock());
        expect(record.message === line || format !== "plain").toBe(true);
      }),
    );
  });

  it("takes a line that is all header as its own message", () => {
    const line = "Jan  2 03:04:05 box sshd[1]:";
    expect(detect(line, clock()).record.message).toBe(line);
  });

  it("looks at each line for itself, since programs share a stream", () => {
    expect(formatOf('{"msg":"a"}')).toBe("json");
    expect(formatOf("level=info msg=a")).toBe("logfmt");
    expect(formatOf("anything")).toBe("plain");
  });

  it("reads a level at the start of plain text and leaves the text whole", () => {
    expect(detect("[error] disk full", clock()).record).toEqual({
      message: "[error] disk full",
      level: "ERROR",
    });
  });
});
