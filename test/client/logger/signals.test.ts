import { once } from "node:events";

import { describe, expect, test } from "vitest";

import { runApplication, startCollector } from "./support.ts";

/** Runs an application that is sent a signal as soon as it has logged, and tells how it ended and what came. */
async function signalled(signal: NodeJS.Signals, handler: string, loggers = 1) {
  await using collector = await startCollector();
  const ended = await runApplication(
    `const logs = Array.from({ length: ${loggers} }, () =>
       createLogger({ batch: { ms: 3_600_000 }, flushOnSignals: ["SIGTERM", "SIGINT"] }));
     const log = logs[0];
     ${handler}
     for (const each of logs) each.info("last words");
     setInterval(() => {}, 1_000);
     console.log("ready");`,
    { NEURALLOG_URL: collector.url },
    async (child) => {
      if (child.stdout !== null) await once(child.stdout, "data");
      child.kill(signal);
    },
  );
  return {
    code: ended.code,
    signal: ended.signal,
    said: ended.stdout.split("\n").slice(1, -1),
    messages: collector.records().flatMap(({ message }) => message ?? []),
  };
}

const pause = "await new Promise((done) => setTimeout(done, 300));";

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  test("where nobody listens, flushes and ends the process as it would have without us", async () => {
    expect(await signalled(signal, "")).toEqual({
      code: null,
      signal,
      said: [],
      messages: ["last words"],
    });
  });

  test("with several loggers, flushes them all and ends the process once", async () => {
    expect(await signalled(signal, "", 3)).toMatchObject({
      signal,
      messages: ["last words", "last words", "last words"],
    });
  });

  test.each(["on", "once", "prependListener", "prependOnceListener"])(
    "leaves the end to a handler of the application by %s that takes its time",
    async (method) => {
      const handler = `process.${method}("${signal}", async () => { console.log("closing"); ${pause} log.info("closed"); await log.flush(); console.log("closed"); process.exit(7); });`;
      expect(await signalled(signal, handler)).toEqual({
        code: 7,
        signal: null,
        said: ["closing", "closed"],
        messages: ["last words", "closed"],
      });
    },
  );

  test("leaves the end to a handler that was there before the logger", async () => {
    await using collector = await startCollector();
    const { code } = await runApplication(
      `process.once("${signal}", async () => { ${pause} process.exit(7); });
       const log = createLogger({ batch: { ms: 3_600_000 }, flushOnSignals: ["${signal}"] });
       log.info("last words"); setInterval(() => {}, 1_000); console.log("ready");`,
      { NEURALLOG_URL: collector.url },
      async (child) => {
        if (child.stdout !== null) await once(child.stdout, "data");
        child.kill(signal);
      },
    );
    expect(code).toBe(7);
    expect(collector.records().flatMap(({ message }) => message ?? [])).toEqual(["last words"]);
  });
});

test("a second signal ends the process where the application listened to one only", async () => {
  await using collector = await startCollector();
  const { signal } = await runApplication(
    `createLogger({ flushOnSignals: ["SIGTERM"] });
     process.once("SIGTERM", () => console.log("once")); setInterval(() => {}, 1_000); console.log("ready");`,
    { NEURALLOG_URL: collector.url },
    async (child) => {
      if (child.stdout === null) return;
      await once(child.stdout, "data");
      child.kill("SIGTERM");
      await once(child.stdout, "data");
      child.kill("SIGTERM");
    },
  );
  expect(signal).toBe("SIGTERM");
});

test("a signal that nobody can listen to is told, and the logger logs", async () => {
  await using collector = await startCollector();
  const { code, stdout, stderr } = await runApplication(
    `const log = createLogger({ flushOnSignals: ["SIGKILL", "SIGTERM"] });
     log.info("m"); console.log(await log.flush(), log.stats().enabled);`,
    { NEURALLOG_URL: collector.url },
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: "true true\n" });
  expect(stderr).toMatch(/^neurallog: NLC_BAD_OPTION: .*SIGKILL/);
});
