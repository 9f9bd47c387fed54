import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { z } from "zod";

import { startTestService, type TestService } from "../http/support.ts";
import { ENVELOPE, RawSocket, type RawAnswer } from "./raw-socket.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: "0" } });
});
afterAll(() => service.stop());

const GOOD = { component: "lane", level: "INFO", message: "good" };

/** Without what differs from call to call. */
function shape({ id: _id, ...rest }: RawAnswer): unknown {
  const { id } = stored.parse(rest).result?.structuredContent ?? {};
  const text = JSON.stringify(rest);
  return JSON.parse(id === undefined ? text : text.replaceAll(id, "<id>"));
}

const stored = z.object({
  result: z.object({ structuredContent: z.object({ id: z.string() }).optional() }).optional(),
});

async function asked(socket: RawSocket, args: object, meta?: object): Promise<RawAnswer> {
  const id = socket.answers.length + 1;
  socket.call(id, "logger_log", args, meta);
  await expect.poll(() => socket.answerTo(id), { interval: 1 }).toBeDefined();
  return socket.answerTo(id) ?? {};
}

test.each([
  ["2025-11-25", undefined],
  ["2026-07-28", ENVELOPE],
] as const)("a client of %s gets the same answers on the express lane", async (_name, meta) => {
  await using socket = await new RawSocket(service.socketUrl, service.key("admin")).open();
  const first = await asked(socket, GOOD, meta);
  expect(first.result).toMatchObject({ structuredContent: { id: expect.any(String) } });
  const second = await asked(socket, GOOD, meta);
  expect(shape(second)).toEqual(shape(first));
});

test("whatever the arguments are, the express lane answers as the SDK does", async () => {
  await using lane = await new RawSocket(service.socketUrl, service.key("admin")).open();
  await using sdk = await new RawSocket(service.socketUrl, service.key("admin")).open();
  await asked(lane, GOOD);
  // What the lane does not know goes to the SDK, and means nothing to the tool.
  const aside = { "example.org/aside": 1 };
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("INFO", "FATAL", "", "x"));
  const value = fc.oneof(
    text,
    fc.integer(),
    fc.constant(null),
    fc.dictionary(fc.string(), fc.jsonValue()),
  );
  const args = fc.oneof(
    fc.record({
      component: text,
      level: fc.constantFrom("INFO", "ERROR", "FATAL", "LOUD"),
      message: text,
      data: fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }),
      trace_id: fc.constantFrom(undefined, null, "4bf92f3577b34da6a3ce929d0e0e4736", "none"),
    }),
    fc.dictionary(
      fc.constantFrom("component", "level", "message", "data", "trace_id", "more"),
      value,
    ),
  );
  await fc.assert(
    fc.asyncProperty(args, async (given) => {
      const [mine, theirs] = await Promise.all([asked(lane, given), asked(sdk, given, aside)]);
      expect(shape(mine)).toEqual(shape(theirs));
    }),
    { numRuns: 100 },
  );
});

test("what is cancelled is not answered", async () => {
  await using socket = await new RawSocket(service.socketUrl, service.key("admin")).open();
  await asked(socket, GOOD);
  socket.call("gone", "logger_log", GOOD);
  socket.send({
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: "gone" },
  });
  for (let n = 0; n < 10; n += 1) await asked(socket, GOOD);
  expect(socket.answerTo("gone")).toBe(undefined);
});

test("a call's traceparent is its record's trace on the express lane too", async () => {
  await using socket = await new RawSocket(service.socketUrl, service.key("admin")).open();
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const meta = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  for (let n = 0; n < 3; n += 1) await asked(socket, { ...GOOD, message: `traced ${n}` }, meta);
  const { records } = await service.client("reader").search({ trace_id: trace });
  expect(records.map(({ message }) => message).sort()).toEqual([
    "traced 0",
    "traced 1",
    "traced 2",
  ]);
});
