import { describe, expect, it } from "vitest";
import { json } from "../../../apps/formats/src/formats/json.ts";
import { formatOf, read } from "./read.ts";

describe("JSON lines", () => {
  it("reads pino's numbers and milliseconds", () => {
    const line = '{"level":40,"time":1704164645006,"pid":7,"msg":"slow"}';
    expect(read(json, line)).toEqual({
      message: "slow",
      level: "WARN",
      timestamp: "2024-01-02T03:04:05.006Z",
      metadata: { pid: 7 },
    });
    expect(formatOf(line)).toBe("json");
  });

  it("reads the fields that NeuralLog itself has", () => {
    const line =
      '{"timestamp":"2024-01-02T03:04:05.123456789Z","level":"FATAL","message":"m","component":"shop","trace_id":"t","span_id":"s","tags":["a"],"data":{"id":1}}';
    expect(read(json, line)).toEqual({
      timestamp: "2024-01-02T03:04:05.123456789Z",
      level: "FATAL",
      message: "m",
      source: "shop",
      trace_id: "t",
      span_id: "s",
      tags: ["a"],
      metadata: { id: 1 },
    });
  });

  it("reads Docker's file format", () => {
    const line = '{"log":"started\\n","stream":"stdout","time":"2024-01-02T03:04:05.1Z"}';
    expect(read(json, line)).toEqual({
      message: "started",
      timestamp: "2024-01-02T03:04:05.1Z",
      metadata: { stream: "stdout" },
    });
  });

  it("keeps an unknown level and an unreadable time as metadata", () => {
    expect(read(json, '{"msg":"m","level":"loud","time":"noon"}')).toEqual({
      message: "m",
      metadata: { level: "loud", time: "noon" },
    });
  });

  it("keeps the digits of integers beyond 2^53", () => {
    expect(read(json, '{"msg":"m","id":9007199254740993}')?.metadata).toEqual({
      id: "9007199254740993",
    });
  });

  it("takes the line as the message when it has none, and its fields all the same", () => {
    const line = '{"level":"warn","path":"/a"}';
    expect(read(json, line)).toEqual({ message: line, level: "WARN", metadata: { path: "/a" } });
  });

  it("keeps a line as text when it names a key twice, since the first value would be lost", () => {
    const line = '{"msg":"m","a":1,"a":2}';
    expect(read(json, line)).toEqual({ message: line });
  });

  it("keeps a line as text when it names __proto__", () => {
    const line = '{"msg":"m","deep":{"__proto__":{"admin":true}}}';
    expect(read(json, line)).toEqual({ message: line });
  });

  it("does not mix metadata with a field beside it that has the same name", () => {
    expect(read(json, '{"msg":"m","id":1,"metadata":{"id":2}}')?.metadata).toEqual({
      id: 1,
      metadata: { id: 2 },
    });
  });

  it("leaves what is not one JSON object", () => {
    expect(read(json, "{not json}")).toBeUndefined();
    expect(read(json, "[1]")).toBeUndefined();
  });

  it("survives nesting that is deeper than any stack", () => {
    const line = `{"msg":"m","a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect(() => read(json, line)).not.toThrow();
  });
});

it("reads ECS whether its names are dotted or nested", () => {
  const dotted = { "log.level": "warn", "service.name": "web", "trace.id": "t", message: "x" };
  const nested = {
    log: { level: "warn" },
    service: { name: "web", version: "2" },
    trace: { id: "t" },
    message: "x",
  };
  const expected = { level: "WARN", source: "web", trace_id: "t", message: "x" };
  expect(read(json, JSON.stringify(dotted))).toEqual(expected);
  expect(read(json, JSON.stringify(nested))).toEqual({
    ...expected,
    metadata: { service: { version: "2" } },
  });
});
