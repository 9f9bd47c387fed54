import { expect, test } from "vitest";

import { callWith, sendAll, sentBy, startCollector, startLogger } from "./support.ts";

const cycle: Record<string, unknown> = { name: "a" };
cycle["self"] = cycle;

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const throwing = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error("no keys");
    },
    get: () => {
      throw new Error("no value");
    },
    getPrototypeOf: () => {
      throw new Error("no prototype");
    },
  },
);

const deep = { value: 1 };
let deepest: object = deep;
for (let level = 0; level < 10_000; level++) deepest = { inner: deepest };

const hostile: [string, unknown][] = [
  ["a cycle", cycle],
  [
    "a getter that throws",
    {
      get a() {
        throw new Error("no");
      },
      b: 1,
    },
  ],
  ["a revoked proxy", revoked()],
  ["a proxy whose traps throw", throwing],
  ["a proxy inside", { inner: throwing, other: revoked() }],
  ["ten thousand levels", deepest],
  [
    "a hundred thousand keys",
    Object.fromEntries(Array.from({ length: 1e5 }, (_, at) => [`k${at}`, at])),
  ],
  ["a million items", { list: Array.from({ length: 1e6 }, () => 1) }],
  ["a long text", { text: "x".repeat(1e7) }],
  ["a text of escapes", { text: "\u0000".repeat(1e6) }],
  [
    "many texts of escapes",
    Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, '"'.repeat(1e4)])),
  ],
  ["a BigInt", { big: 2n ** 64n, huge: 2n ** 100_000n }],
  ["symbols", { symbol: Symbol("s"), [Symbol("key")]: 1 }],
  ["a symbol alone", Symbol("alone")],
  [
    "functions",
    {
      f: () => 1,
      g: class Shop {
        open = true;
      },
    },
  ],
  ["a date that is none", { date: new Date(Number.NaN) }],
  ["an object without prototype", Object.assign(Object.create(null), { a: 1 })],
  [
    "a toJSON that throws",
    {
      value: {
        toJSON() {
          throw new Error("no");
        },
      },
    },
  ],
  [
    "a toJSON that answers itself",
    {
      value: {
        toJSON() {
          return this;
        },
        a: 1,
      },
    },
  ],
  [
    "a toString that throws",
    {
      toString() {
        throw new Error("no");
      },
    },
  ],
  [
    "an error with a hostile message",
    Object.defineProperty(new Error("a"), "message", {
      get() {
        throw new Error("no");
      },
    }),
  ],
  [
    "an error that causes itself",
    (() => {
      const error = new Error("a");
      error.cause = error;
      return error;
    })(),
  ],
  [
    "a Map with any keys",
    {
      map: new Map<unknown, unknown>([
        [{}, 1],
        [Symbol("k"), 2],
        ["a", 3],
        [1, 4],
        ["1", 5],
      ]),
    },
  ],
  [
    "a map inside itself",
    (() => {
      const map = new Map<string, unknown>();
      map.set("self", map);
      return { map };
    })(),
  ],
  [
    "typed arrays",
    {
      bytes: new Uint8Array(1e6),
      floats: new Float64Array(3),
      view: new DataView(new ArrayBuffer(8)),
    },
  ],
  ["numbers that JSON lacks", { nan: Number.NaN, most: Infinity, zero: -0 }],
  ["a lone surrogate", { text: "a\ud800b", "\udc00": 1 }],
  ["__proto__ as a key of its own", JSON.parse('{"__proto__":{"polluted":true},"a":1}')],
  ["a constructor that holds a prototype", { constructor: { prototype: {} }, a: 1 }],
  ["a key of a million characters", { ["k".repeat(1e6)]: 1, a: 1 }],
  ["null", null],
  ["a text", "text"],
  ["a number", 42],
  ["a list", [1, { a: 2 }]],
  ["a Date", new Date(0)],
  [
    "a Promise, a WeakMap, a RegExp, a generator",
    {
      p: Promise.resolve(),
      w: new WeakMap(),
      r: /a/g,
      g: (function* () {
        yield 1;
      })(),
    },
  ],
  [
    "boxed primitives",
    {
      s: new String("s"),
      n: new Number(1),
      b: new Boolean(false),
      y: Object(Symbol("y")),
      i: Object(1n),
    },
  ],
  ["a sparse list", { list: Array.from({ length: 3 }) }],
];

test.each(hostile)("%s as fields is taken and sent", async (_name, value) => {
  const record = await sentBy((logger) => callWith(logger, "info", "message", value));
  expect(record.message).toBe("message");
  expect(JSON.stringify(record).length).toBeLessThan(64 * 1024);
});

test.each(hostile)("%s as message is taken and sent", async (_name, value) => {
  const record = await sentBy((logger) => callWith(logger, "info", value));
  expect(record.message).toBeTypeOf("string");
  expect(record.message.length).toBeLessThan(33 * 1024);
});

test.each(hostile)("%s as bindings and as options of a child is taken", async (_name, value) => {
  const record = await sentBy((logger) => {
    const child = callWith(logger, "child", value, value);
    expect(child).toHaveProperty("info");
    callWith(logger, "child", value);
    logger.child(value).info("message");
  });
  expect(record.message).toBe("message");
});

test("a getter that throws costs its own value only", async () => {
  const fields = {
    before: 1,
    get bad(): number {
      throw new Error("no");
    },
    after: 2,
  };
  const { data } = await sentBy((logger) => logger.info("m", fields));
  expect(data).toEqual({ before: 1, bad: "[unreadable]", after: 2 });
});

test("a getter that logs gets its record sent, and the one that it is read for too", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url });
  const { logger } = started;
  const fields = {
    trace_id: "outer",
    get inner() {
      logger.info("inner", { trace_id: "inner" });
      return 1;
    },
  };
  logger.info("outer", fields);
  await sendAll(logger);
  expect(collector.records()).toMatchObject([
    { message: "inner", trace_id: "inner" },
    { message: "outer", trace_id: "outer", data: { inner: 1 } },
  ]);
});

test("what is beyond the limits is marked and counted", async () => {
  const list = Array.from({ length: 150 }, (_, at) => at);
  const wide = Object.fromEntries(list.map((at) => [`k${at}`, at]));
  const { data } = await sentBy((logger) =>
    logger.info("m", { list, wide, text: "x".repeat(10_000), cycle, deep: { a: { b: deepest } } }),
  );
  const { list: sentList, wide: sentWide, text, cycle: sentCycle } = data ?? {};
  expect(sentList).toEqual([...list.slice(0, 100), "[50 more]"]);
  expect(sentWide).toMatchObject({ k0: 0, k99: 99, "[more]": 50 });
  expect(text).toBe(`${"x".repeat(8 * 1024)}…`);
  expect(sentCycle).toEqual({ name: "a", self: "[circular]" });
  expect(JSON.stringify(data)).toContain('"[object]"');
});

test("a message too long is cut where it ends to be read", async () => {
  const { message } = await sentBy((logger) => logger.info("x".repeat(1e6)));
  expect(message).toBe(`${"x".repeat(32 * 1024)}…`);
});

test("no call throws without any argument, before and after close", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url });
  const { logger } = started;
  const all = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "fatal",
    "log",
    "child",
    "stats",
    "isLevelEnabled",
  ] as const;
  for (const method of all) callWith(logger, method);
  await sendAll(logger);
  await logger.close();
  for (const method of all) callWith(logger, method);
  expect(await logger.flush()).toBe(true);
  expect(collector.records().map(({ level }) => level)).toEqual([
    "INFO",
    "WARN",
    "ERROR",
    "FATAL",
    "INFO",
  ]);
});
