import { once } from "node:events";

import pinoTransport from "@neurallog/client/pino";
import pino from "pino";
import { expect, test } from "vitest";

import { startTestService } from "../../log-service/http/support.ts";
import { runApplication, startCollector } from "./support.ts";

async function ended(stream: ReturnType<typeof pinoTransport>): Promise<void> {
  stream.end();
  await once(stream, "close");
}

test("pino in an application of its own sends through a worker thread, with its levels, errors and bindings", async () => {
  await using service = await startTestService();
  const { code, stderr } = await runApplication(
    `const { default: pino } = await import("pino");
     const transport = pino.transport({ target: "@neurallog/client/pino", options: { url: process.env.URL, key: process.env.KEY } });
     const log = pino({ level: "trace", name: "checkout" }, transport).child({ request: "r-1" });
     log.trace("first"); log.warn({ order: 42, password: "x" }, "payment took %d s", 3);
     log.fatal(Object.assign(new TypeError("card declined"), { code: "E_CARD" }));`,
    { URL: service.url, KEY: service.key("writer") },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { records } = await service.client("reader").search({ order: "asc" });
  expect(records).toMatchObject([
    { level: "TRACE", message: "first", source: "checkout", metadata: { request: "r-1" } },
    {
      level: "WARN",
      message: "payment took 3 s",
      metadata: { order: 42, password: "[REDACTED]", request: "r-1", name: "checkout" },
    },
    {
      level: "FATAL",
      message: "card declined",
      metadata: {
        err: {
          type: "TypeError",
          message: "card declined",
          code: "E_CARD",
          stack: expect.stringContaining("TypeError: card declined"),
        },
      },
    },
  ]);
});

test("pino's time, custom levels and keys are kept", async () => {
  await using collector = await startCollector();
  const stream = pinoTransport({
    url: collector.url,
    component: "shop",
    levelsUrl: false,
    quiet: true,
    messageKey: "text",
  });
  const options = { level: "trace", messageKey: "text", base: { host: "a" } };
  const log = pino({ ...options, customLevels: { audit: 35 } }, stream);
  log.audit({ trace_id: "t-1" }, "looked at");
  pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, stream).info("iso");
  pino({ ...options, timestamp: pino.stdTimeFunctions.unixTime }, stream).info("unix");
  pino({ ...options, timestamp: false }, stream).info("none");
  const before = Date.now();
  await ended(stream);
  const records = collector.records();
  expect(records).toMatchObject([
    {
      level: "INFO",
      message: "looked at",
      trace_id: "t-1",
      data: { host: "a" },
      component: "shop",
    },
    { message: "iso" },
    { message: "unix" },
    { message: "none" },
  ]);
  for (const { timestamp } of records) expect(Math.abs(timestamp - before)).toBeLessThan(60_000);
});

test("lines come whole whatever pieces they come in, and what is none is a message", async () => {
  await using collector = await startCollector();
  const stream = pinoTransport({ url: collector.url, levelsUrl: false, quiet: true });
  const text =
    '{"level":30,"msg":"ä\\u00f6ü€😀"}\nno JSON\n\n[1]\n{"level":50}\n{"level":"warn","msg":5,"time":"no time"}';
  for (const byte of Buffer.from(text)) stream.write(Buffer.from([byte]));
  await ended(stream);
  expect(collector.records()).toMatchObject([
    { level: "INFO", message: "äöü€😀" },
    { level: "INFO", message: "no JSON" },
    { level: "INFO", message: "[1]" },
    { level: "ERROR", message: "" },
    { level: "WARN", message: "", data: { msg: 5, time: "no time" } },
  ]);
});

test("loggers by name are components of their own", async () => {
  await using collector = await startCollector();
  const stream = pinoTransport({ url: collector.url, levelsUrl: false, quiet: true });
  pino({ name: "one" }, stream).info("m");
  pino({ name: "two" }, stream).info("m");
  await ended(stream);
  expect(collector.records().map(({ component }) => component)).toEqual(["one", "two"]);
});
