import { expect, test } from "vitest";

import { createLogger } from "@neurallog/client/logger";

import { freePort } from "../../support/port.ts";
import { runApplication, startCollector, startLogger } from "./support.ts";

const LOG = `const log = createLogger({ levelsUrl: false }); log.debug("debug"); log.info("info"); console.log(JSON.stringify(log.stats()));`;

test.each(["false", "0", "off", "FALSE", " no ", "disabled"])(
  "LOGGING_ENABLED=%s sends nothing",
  async (value) => {
    await using collector = await startCollector();
    const { code, stdout, stderr } = await runApplication(LOG, {
      NEURALLOG_URL: collector.url,
      LOGGING_ENABLED: value,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ enabled: false, queued: 0 });
    expect(collector.seen).toEqual([]);
  },
);

test("address, key and level come from the environment, the component from the program", async () => {
  await using collector = await startCollector();
  await runApplication(LOG, {
    NEURALLOG_URL: collector.url,
    NEURALLOG_KEY: "nlk_env",
    NEURALLOG_LEVEL: "debug",
    LOGGING_ENABLED: "true",
  });
  expect(collector.records()).toMatchObject([
    { component: "application", message: "debug" },
    { component: "application", message: "info" },
  ]);
  expect(collector.seen[0]?.headers.authorization).toBe("Bearer nlk_env");
});

test("without an address nothing is sent, and one line says so", async () => {
  const { code, stderr } = await runApplication(`${LOG} createLogger();`);
  expect(code).toBe(0);
  expect(stderr).toContain("NLC_BAD_OPTION: no address: give url or set NEURALLOG_URL");
});

const hostileOptions: [string, unknown][] = [
  ["null", null],
  ["a number", 5],
  ["an address that is none", { url: "::" }],
  ["an address of another kind", { url: "ftp://a" }],
  ["a level that is none", { url: "http://127.0.0.1:9", level: "loud" }],
  [
    "numbers that are none",
    { url: "http://127.0.0.1:9", queue: { records: -1, bytes: Number.NaN }, batch: { ms: "x" } },
  ],
  ["a pattern that is none", { url: "http://127.0.0.1:9", redact: { patterns: [5] } }],
  ["a component that is none", { url: "http://127.0.0.1:9", component: 5 }],
  [
    "a getter that throws",
    {
      get url() {
        throw new Error("no");
      },
    },
  ],
  [
    "an onError that throws",
    {
      url: "::",
      onError() {
        throw new Error("no");
      },
    },
  ],
  ["a file for the key that is not there", { url: "http://127.0.0.1:9", keyFile: "/nowhere" }],
];

test.each(hostileOptions)(
  "createLogger with %s does not throw, and neither does its logger",
  async (_name, options) => {
    const quiet =
      typeof options === "object" && options !== null
        ? Object.defineProperties(
            { quiet: true, levelsUrl: false },
            Object.getOwnPropertyDescriptors(options),
          )
        : options;
    const logger = Reflect.apply(createLogger, undefined, [quiet]);
    logger.info("m");
    logger.child({ a: 1 }).error("n");
    expect(await logger.close(50)).toBeTypeOf("boolean");
  },
);

test("what is wrong with an option is told", () => {
  const errors: Error[] = [];
  const logger = createLogger({
    url: "http://127.0.0.1:9",
    level: "loud",
    levelsUrl: "nowhere",
    quiet: true,
    onError: (error) => errors.push(error),
  });
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining("levelsUrl is no"),
    expect.stringContaining("level is none of"),
  ]);
  expect(logger.stats()).toMatchObject({ enabled: true, level: "info" });
});

test("limits of time can be lowered and not raised", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  await using started = startLogger({ url, flushTimeoutMs: 60_000 });
  started.logger.info("m");
  const before = performance.now();
  expect(await started.logger.flush(60_000)).toBe(false);
  expect(performance.now() - before).toBeLessThan(10_000);
});

test("failures of the logger go to onError and standard error, never through itself, once", async () => {
  const port = await freePort();
  const { stderr, stdout } = await runApplication(
    `const told = [];
     const log = createLogger({ levelsUrl: false, onError: (error) => { told.push(error.code); log.info("about it"); throw new Error("no"); } });
     log.info("m");
     while (told.length < 2) await new Promise((done) => setTimeout(done, 20));
     console.log(told.length > 1, told.every((code) => code === "NLC_UNREACHABLE"));`,
    { NEURALLOG_URL: `http://user:secret@127.0.0.1:${port}` },
  );
  expect(stdout).toBe("true true\n");
  expect(stderr).toBe(
    `neurallog: NLC_UNREACHABLE: cannot reach http://127.0.0.1:${port}: ECONNREFUSED\n`,
  );
});
