import { expect, it } from "vitest";
import { formats } from "../../../apps/formats/src/formats/detect.ts";
import { formatOf, read } from "./read.ts";

const container = formats.find(({ name }) => name === "container");
const parse = (line: string) => (container === undefined ? undefined : read(container, line));

it("reads a plain line of a container", () => {
  expect(parse("2025-10-11T22:14:15.003456789Z stdout F payment took 3 s")).toEqual({
    message: "payment took 3 s",
    timestamp: "2025-10-11T22:14:15.003456789Z",
    metadata: { stream: "stdout" },
  });
});

it("reads JSON inside a container's line, whose own time counts", () => {
  const inner = '{"level":"warn","msg":"slow","ts":"2025-10-11T22:14:14Z","order":42}';
  expect(parse(`2025-10-11T22:14:15.003456789+02:00 stderr F ${inner}`)).toEqual({
    message: "slow",
    level: "WARN",
    timestamp: "2025-10-11T22:14:14Z",
    metadata: { stream: "stderr", order: 42 },
  });
});

it("marks a piece of a longer line", () => {
  expect(parse("2025-10-11T22:14:15.003456789Z stdout P the first half")).toMatchObject({
    metadata: { partial: true },
  });
});

it("reads Docker's own JSON, and JSON inside it", () => {
  const log = JSON.stringify({ severity: "ERROR", message: "card declined" });
  const line = JSON.stringify({ log: `${log}\n`, stream: "stdout", time: "2025-10-11T22:14:15Z" });
  expect(parse(line)).toEqual({
    message: "card declined",
    level: "ERROR",
    timestamp: "2025-10-11T22:14:15Z",
    metadata: { stream: "stdout" },
  });
});

it.each([
  ["2025-10-11T22:14:15Z INFO F text", "iso"],
  ["2025-10-11T22:14:15Z stdout X text", "iso"],
  ['{"log":"text","stream":"stdout"}', "json"],
])("%s is no container's line", (line, format) => {
  expect(formatOf(line)).toBe(format);
});
