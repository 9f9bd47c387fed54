import fc from "fast-check";
import { expect, test } from "vitest";

import { REDACTED } from "@neurallog/client/redaction";
import { startTestService } from "../../log-service/http/support.ts";
import { sendAll, startCollector, startLogger } from "./support.ts";

const secrets = ["password", "Api-Key", "accessToken", "AUTHORIZATION", "client_secret"];

const key = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(...secrets) },
);
const leaf = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6 }),
  ),
}));
const fields = fc.dictionary(key, value, { maxKeys: 8 });

/** What the service has of such a value: without secrets, NUL and lone surrogates. */
function expected(of: unknown): unknown {
  if (typeof of === "string") return of.replaceAll("\0", "\ufffd").toWellFormed();
  if (typeof of === "number") return of === 0 ? 0 : of;
  if (typeof of !== "object" || of === null) return of;
  if (Array.isArray(of)) return of.map(expected);
  return Object.fromEntries(
    Object.entries(of)
      .filter(([name]) => name !== "__proto__")
      .map(([name, inner]) => [
        name.replaceAll("\0", "\ufffd").toWellFormed(),
        secrets.includes(name) ? REDACTED : expected(inner),
      ]),
  );
}

test.each(["HTTP", "MCP over WebSocket"])(
  "what the service has over %s is the redacted snapshot of what was logged, whatever it was",
  async (transport) => {
    await using service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: "0" } });
    const url = transport === "HTTP" ? service.url : service.socketUrl;
    await using started = startLogger({ url, key: service.key("writer"), batch: { ms: 5 } });
    const { logger } = started;
    const text = fc.string({ unit: "grapheme", maxLength: 80 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(text, fields, async (message, given) => {
        run += 1;
        const component = `run ${run}`;
        const wanted = expected(given);
        logger.child(undefined, { component }).info(message, given);
        await expect.poll(() => logger.stats().sent).toBe(run);
        const { records } = await service.client("reader").search({ source: component });
        expect(records).toHaveLength(1);
        expect(records[0]?.message).toBe(expected(message));
        expect(records[0]?.metadata ?? {}).toEqual(wanted);
      }),
      { numRuns: 100 },
    );
    expect(logger.stats()).toMatchObject({ rejected: 0, dropped: 0, queued: 0 });
  },
);

test("changing what was logged changes nothing that is sent", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url });
  const order = { id: 1, lines: [{ sku: "a" }], paid: new Date(0), tags: new Set(["new"]) };
  const bindings = { user: { name: "Ada" } };
  const child = started.logger.child(bindings);
  child.info("taken", order);
  order.id = 2;
  order.lines.push({ sku: "b" });
  order.paid.setFullYear(2000);
  order.tags.add("late");
  bindings.user.name = "Eve";
  child.info("again");
  await sendAll(started.logger);
  expect(collector.records()).toMatchObject([
    {
      data: {
        id: 1,
        lines: [{ sku: "a" }],
        paid: "1970-01-01T00:00:00.000Z",
        tags: ["new"],
        user: { name: "Ada" },
      },
    },
    { data: { user: { name: "Ada" } } },
  ]);
});

test("an error is sent with its name, message, stack, cause and fields", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url });
  const cause = Object.assign(new TypeError("no socket"), { code: "ECONNRESET" });
  const error = new Error("payment failed", { cause });
  started.logger.error(error);
  started.logger.error("charging", { err: error, order: 1 });
  started.logger.error("charging", error);
  started.logger.warn("several", { err: new AggregateError([cause], "two") });
  await sendAll(started.logger);
  const err = {
    name: "Error",
    message: "payment failed",
    stack: expect.stringContaining("snapshot.test"),
    cause: { name: "TypeError", message: "no socket", code: "ECONNRESET" },
  };
  expect(collector.records()).toMatchObject([
    { message: "payment failed", data: { err } },
    { message: "charging", data: { err, order: 1 } },
    { message: "charging", data: { err } },
    { data: { err: { message: "two", errors: [{ code: "ECONNRESET" }] } } },
  ]);
});

test("Maps, Sets, dates, BigInts, URLs and bytes are sent as what they say", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url });
  started.logger.info("m", {
    map: new Map([["a", 1]]),
    pairs: new Map<unknown, unknown>([
      [1, "one"],
      ["token", "x"],
    ]),
    set: new Set([1, 2]),
    when: new Date("2026-01-02T03:04:05.678Z"),
    never: new Date(Number.NaN),
    big: 2n ** 64n,
    url: new URL("https://acme.example/x"),
    bytes: Buffer.from("abc"),
    pattern: /a+/g,
    nan: Number.NaN,
    none: undefined,
    symbol: Symbol("s"),
  });
  await sendAll(started.logger);
  expect(collector.records()[0]?.data).toEqual({
    map: { a: 1 },
    pairs: [
      [1, "one"],
      ["token", REDACTED],
    ],
    set: [1, 2],
    when: "2026-01-02T03:04:05.678Z",
    never: null,
    big: "18446744073709551616",
    url: "https://acme.example/x",
    bytes: "[Uint8Array: 3 bytes]",
    pattern: "/a+/g",
    nan: "NaN",
    symbol: "Symbol(s)",
  });
});

test("a call's field replaces the one that is bound, and a child's that of its parent", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url, bindings: { region: "eu", user: 1 } });
  const child = started.logger.child({ user: 2, request: "r" });
  child.info("m", { request: "other" });
  child.info("m", { nested: { a: 1 }, user: { id: 3 } });
  await sendAll(started.logger);
  expect(collector.records().map(({ data }) => data)).toEqual([
    { region: "eu", user: 2, request: "other" },
    { region: "eu", request: "r", nested: { a: 1 }, user: { id: 3 } },
  ]);
});
