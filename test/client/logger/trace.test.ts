import { AsyncLocalStorage } from "node:async_hooks";

import {
  context,
  ROOT_CONTEXT,
  trace,
  type Context,
  type ContextManager,
} from "@opentelemetry/api";
import { runWithTrace } from "@neurallog/client/logger";
import { afterEach, expect, test } from "vitest";

import { sendAll, sentBy, startCollector, startLogger } from "./support.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;

/** What the OpenTelemetry SDK registers, in as few lines. */
class Manager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    run: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(active, () => Reflect.apply(run, self, args));
  }
  bind = <T>(_context: Context, target: T): T => target;
  enable = () => this;
  disable = () => this;
}

afterEach(() => context.disable());

test("a record of no trace has no trace id: none is invented", async () => {
  const record = await sentBy((logger) => logger.info("m"));
  expect(Object.keys(record)).not.toContain("trace_id");
  expect(Object.keys(record)).not.toContain("span_id");
});

test("a trace id among the fields is the record's, and no field of it", async () => {
  const record = await sentBy((logger) => logger.info("m", { trace_id: "order-42", a: 1 }));
  expect(record).toMatchObject({ trace_id: "order-42", data: { a: 1 } });
  expect(record.data).toEqual({ a: 1 });
});

test.each([[42], [null], [""], ["x".repeat(500)], [{}]])(
  "%j as trace id is no trace id and stays a field",
  async (value) => {
    const record = await sentBy((logger) => logger.info("m", { trace_id: value }));
    expect(record).not.toHaveProperty("trace_id");
    expect(record.data).toEqual({ trace_id: value });
  },
);

test("a child's trace id is that of its records", async () => {
  const record = await sentBy((logger) =>
    logger.child({ trace_id: TRACE, span_id: SPAN, user: 1 }).child({ b: 2 }).info("m"),
  );
  expect(record).toMatchObject({ trace_id: TRACE, span_id: SPAN });
  expect(record.data).toEqual({ user: 1, b: 2 });
});

test("what runs in a trace logs with it, also after waiting", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url });
  const { logger } = started;
  await runWithTrace(PARENT, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    logger.info("inside");
    logger.info("explicit", { trace_id: "mine" });
  });
  logger.info("outside");
  await sendAll(logger);
  const [inside, explicit, outside] = collector.records();
  expect(inside).toMatchObject({ trace_id: TRACE, span_id: SPAN });
  expect(explicit).toMatchObject({ trace_id: "mine" });
  // The active span is none of another trace.
  expect(explicit).not.toHaveProperty("span_id");
  expect(outside).not.toHaveProperty("trace_id");
});

test.each([
  "",
  "00",
  `00-${"0".repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01${"-x".repeat(200)}`,
  `00-${TRACE}-${SPAN}-01-more`,
  PARENT.toUpperCase(),
])("%j is no traceparent and runs without a trace", async (parent) => {
  const record = await sentBy((logger) => runWithTrace(parent, () => logger.info("m")));
  expect(record).not.toHaveProperty("trace_id");
});

test("a traceparent of a later version is read", async () => {
  const record = await sentBy((logger) =>
    runWithTrace(`01-${TRACE}-${SPAN}-01-more`, () => logger.info("m")),
  );
  expect(record).toMatchObject({ trace_id: TRACE });
});

test("OpenTelemetry's active span is found where the application has it", async () => {
  context.setGlobalContextManager(new Manager());
  const span = trace.wrapSpanContext({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
  const record = await sentBy((logger) =>
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => logger.info("m")),
  );
  expect(record).toMatchObject({ trace_id: TRACE, span_id: SPAN });
});

test("a span that is not valid is no trace", async () => {
  context.setGlobalContextManager(new Manager());
  const span = trace.wrapSpanContext({ traceId: "0".repeat(32), spanId: SPAN, traceFlags: 0 });
  const record = await sentBy((logger) =>
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => logger.info("m")),
  );
  expect(record).not.toHaveProperty("trace_id");
});

test("an application can say itself what the trace is; what it throws is ignored", async () => {
  const own = await sentBy((logger) => logger.info("m"), { trace: () => ({ traceId: "mine" }) });
  expect(own).toMatchObject({ trace_id: "mine" });
  const failing = await sentBy((logger) => logger.info("m"), {
    trace: () => {
      throw new Error("no");
    },
  });
  expect(failing).not.toHaveProperty("trace_id");
});

test("a span of one's own joins the trace around, and a new trace has none of the one before", async () => {
  const inside = await sentBy((logger) =>
    runWithTrace(PARENT, () => logger.info("m", { span_id: "mine" })),
  );
  expect(inside).toMatchObject({ trace_id: TRACE, span_id: "mine" });
  const other = await sentBy((logger) =>
    logger.child({ trace_id: TRACE, span_id: SPAN }).child({ trace_id: "other" }).info("m"),
  );
  expect(other).toMatchObject({ trace_id: "other" });
  expect(other).not.toHaveProperty("span_id");
});

test("runWithTrace takes ids too, as a relay reads them, and what is none changes nothing", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url });
  const { logger } = started;
  const hostile = {
    get traceId(): string {
      throw new Error("read");
    },
  };
  runWithTrace({ traceId: "order-17", spanId: "s1" }, () => {
    logger.info("ids");
    runWithTrace({ traceId: "order-18" }, () => logger.info("inner"));
    for (const none of [null, undefined, { traceId: "" }, { traceId: "x".repeat(129) }, hostile])
      runWithTrace(none, () => logger.info("outer's"));
  });
  await sendAll(logger);
  const outer = { trace_id: "order-17", span_id: "s1" };
  expect(collector.records().map(({ trace_id, span_id }) => ({ trace_id, span_id }))).toEqual([
    outer,
    { trace_id: "order-18", span_id: undefined },
    ...Array.from({ length: 5 }, () => outer),
  ]);
});
